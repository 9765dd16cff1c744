//! STIX patterns that mean a list of values, any one of which is enough (`stages/lists/readers/stix_pattern.py`).

use super::{is_address, is_digest, name_kind};
use crate::indicator::IndicatorKind;

const MOST_DEPTH: usize = 32;

/// Call `flag` with each value of a pattern, in its order. None for a pattern that Python must look at.
pub fn read_pattern(pattern: &str, flag: impl FnMut(IndicatorKind, &str)) -> Option<()> {
    let mut reader = Reader {
        rest: pattern,
        flag,
    };
    reader.observations(0)?;
    reader.skip_blanks();
    reader.rest.is_empty().then_some(())
}

struct Reader<'p, F> {
    rest: &'p str,
    flag: F,
}

impl<'p, F: FnMut(IndicatorKind, &str)> Reader<'p, F> {
    /// `[...] OR [...]`, in parentheses or not.
    fn observations(&mut self, depth: usize) -> Option<()> {
        self.alternatives(depth, |reader| {
            if reader.take('(').is_some() {
                reader.observations(depth + 1)?;
                return reader.take(')');
            }
            reader.take('[')?;
            reader.comparisons(depth + 1)?;
            reader.take(']')
        })
    }

    fn comparisons(&mut self, depth: usize) -> Option<()> {
        self.alternatives(depth, |reader| {
            if reader.take('(').is_some() {
                reader.comparisons(depth + 1)?;
                return reader.take(')');
            }
            reader.comparison()
        })
    }

    fn alternatives(
        &mut self,
        depth: usize,
        mut one: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if depth > MOST_DEPTH / 2 {
            return None;
        }
        one(self)?;
        while self.word("OR") {
            one(self)?;
        }
        Some(())
    }

    fn comparison(&mut self) -> Option<()> {
        self.skip_blanks();
        let end = self
            .rest
            .bytes()
            .position(|byte| matches!(byte, b' ' | b'='))?;
        let (path, rest) = self.rest.split_at(end);
        self.rest = rest;
        if self.take('=').is_some() {
            self.rest = self.rest.strip_prefix('=').unwrap_or(self.rest);
            return self.value(path);
        }
        if self.word("ISSUBSET") {
            return address_version(path).and_then(|_| self.value(path));
        }
        if !self.word("IN") {
            return None;
        }
        self.take('(')?;
        self.value(path)?;
        while self.take(',').is_some() {
            self.value(path)?;
        }
        self.take(')')
    }

    /// `'value'`, without escapes.
    fn value(&mut self, path: &str) -> Option<()> {
        self.take('\'')?;
        let end = memchr::memchr2(b'\'', b'\\', self.rest.as_bytes())?;
        let (value, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix('\'')?;
        let (kind, value) = find_indicator(path, value)?;
        (self.flag)(kind, value);
        Some(())
    }

    fn take(&mut self, mark: char) -> Option<()> {
        self.skip_blanks();
        self.rest = self.rest.strip_prefix(mark)?;
        Some(())
    }

    fn word(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let Some(rest) = self.rest.strip_prefix(word) else {
            return false;
        };
        let ends = matches!(rest.as_bytes(), [b' ' | b'(' | b'[' | b'\'', ..]);
        if ends {
            self.rest = rest;
        }
        ends
    }

    fn skip_blanks(&mut self) {
        if self.rest.starts_with(' ') {
            self.rest = self.rest.trim_start_matches(' ');
        }
    }
}

/// What `path = value` flags. Equality names that thing alone, so that a domain name is a host.
fn find_indicator<'v>(path: &str, value: &'v str) -> Option<(IndicatorKind, &'v str)> {
    match path {
        "domain-name:value" => Some((name_kind(value, IndicatorKind::Host)?, value)),
        "url:value" => Some((IndicatorKind::Url, value)),
        _ => match address_version(path) {
            Some(is_v4) => address_or_network(value, is_v4),
            None => {
                let algorithm = path.strip_prefix("file:hashes.")?;
                let quoted = algorithm
                    .strip_prefix('\'')
                    .and_then(|inner| inner.strip_suffix('\''));
                let is_bare = quoted.is_some() || !algorithm.contains('-');
                let is_usual = is_bare && is_digest(quoted.unwrap_or(algorithm), value);
                is_usual.then_some((IndicatorKind::FileDigest, value))
            }
        },
    }
}

fn address_version(path: &str) -> Option<bool> {
    match path {
        "ipv4-addr:value" => Some(true),
        "ipv6-addr:value" => Some(false),
        _ => None,
    }
}

fn address_or_network(value: &str, is_v4: bool) -> Option<(IndicatorKind, &str)> {
    let Some((address, bits)) = value.split_once('/') else {
        return is_address(value, is_v4).then_some((IndicatorKind::Ip, value));
    };
    let has_bits = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
    if !has_bits || !is_address(address, is_v4) {
        return None;
    }
    let whole = if is_v4 { "32" } else { "128" };
    Some(match bits == whole {
        true => (IndicatorKind::Ip, address),
        false => (IndicatorKind::Cidr, value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str) -> Option<Vec<(IndicatorKind, String)>> {
        let mut comparisons = Vec::new();
        read_pattern(pattern, |kind, value| {
            comparisons.push((kind, value.to_owned()))
        })?;
        Some(comparisons)
    }

    #[test]
    fn patterns_of_several_values_give_rows_in_their_order() {
        let digest = "0123456789abcdef0123456789abcdef";
        let pattern = format!(
            "[domain-name:value = 'a.onion' OR url:value='http://b.example/'] OR [ file:hashes.'MD5' == '{digest}' ]"
        );
        let comparisons = [
            (IndicatorKind::Onion, "a.onion"),
            (IndicatorKind::Url, "http://b.example/"),
            (IndicatorKind::FileDigest, digest),
        ];
        assert_eq!(
            read(&pattern).unwrap(),
            comparisons.map(|(kind, value)| (kind, value.to_owned()))
        );
    }

    #[test]
    fn members_networks_and_parentheses_are_read() {
        let pattern = "([url:value IN ('x' , 'y')] OR ([(url:value = 'z') OR ipv4-addr:value ISSUBSET '192.0.2.0/24']))";
        let comparisons = read(pattern).unwrap();
        let values: Vec<_> = comparisons
            .iter()
            .map(|(_, value)| value.as_str())
            .collect();
        assert_eq!(values, ["x", "y", "z", "192.0.2.0/24"]);
        assert_eq!(comparisons[3].0, IndicatorKind::Cidr);
        let one = read("[ipv6-addr:value = '2001:db8::1/128']").unwrap();
        assert_eq!(one, [(IndicatorKind::Ip, "2001:db8::1".to_owned())]);
    }

    #[test]
    fn what_means_more_or_less_than_values_is_left() {
        for other in [
            "[a:b = 'c']",
            "[url:value = 'x'",
            "([url:value = 'x']",
            "[url:value = 'x'] AND [url:value = 'x']",
            "[url:value LIKE 'x']",
            "[url:value IN ()]",
            "[url:value ISSUBSET 'x']",
            "[url:value = 'x'] OR",
            "[url:value = 'x\\'y']",
            "[ipv4-addr:value = '192.0.2.1/']",
            "[url:value IN ('x')]]",
            "",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
        let deep = |depth: usize| {
            format!(
                "{}[url:value = 'x']{}",
                "(".repeat(depth),
                ")".repeat(depth)
            )
        };
        assert_eq!(
            (read(&deep(5)).is_some(), read(&deep(10_000))),
            (true, None)
        );
    }
}
