//! Compiling the formats that distinguish frames by cases.

use super::cases::{Case, Cases};
use super::compiler::{Build, quote_byte};
use super::dnstap::{self, Dnstap};
use super::document::{self, Constants};
use super::keyvalue::{KeyValue, is_key_byte};
use super::needle::Needle;
use super::piece::NO_SLOT;

impl Build {
    pub fn cases(
        &mut self,
        cases: Vec<document::Case>,
        otherwise: document::Otherwise,
        set: &Constants,
    ) -> Result<Cases, String> {
        let is_comment = !cases.is_empty() && otherwise == document::Otherwise::Comment;
        let branch = self.branch(set, is_comment)?;
        let cases = cases.into_iter().map(|case| self.case(case));
        Ok(Cases {
            cases: cases.collect::<Result<_, _>>()?,
            otherwise,
            branch,
        })
    }

    fn case(&mut self, case: document::Case) -> Result<Case, String> {
        let equals = case.equals.map(|texts| {
            texts
                .into_iter()
                .map(|text| text.into_bytes().into())
                .collect()
        });
        Ok(Case {
            slot: self.slot(case.slot)?,
            equals,
            branch: self.branch(&case.set, case.comment)?,
        })
    }

    pub fn dnstap(&mut self, document_split: document::Dnstap) -> Result<Dnstap, String> {
        let mut map = [NO_SLOT; dnstap::PARTS.len()];
        for (name, slot) in &document_split.map {
            let place = dnstap::PARTS.iter().position(|part| part == name);
            let place = place.ok_or_else(|| format!("dnstap has no part {name:?}"))?;
            map[place] = self.slot(*slot)?;
        }
        Ok(Dnstap {
            map,
            cases: self.cases(
                document_split.cases,
                document_split.otherwise,
                &document_split.set,
            )?,
        })
    }

    pub fn keyvalue(&mut self, document_split: document::KeyValue) -> Result<KeyValue, String> {
        let separator = Needle::new(&document_split.separator).ok_or("the separator is empty")?;
        let equals = Needle::new(&document_split.equals).ok_or("the equals sign is empty")?;
        if document_split.equals.contains(&document_split.separator)
            || document_split.equals.contains('\\')
        {
            return Err("the equals sign cannot hold the separator or a backslash".into());
        }
        if document_split.spaced && is_key_byte(equals.first()) {
            return Err("the equals sign cannot begin as keys do".into());
        }
        let quote = document_split
            .quote
            .map(|quote| {
                quote_byte(
                    &quote,
                    &format!("{}{}", document_split.separator, document_split.equals),
                )
            })
            .transpose()?;
        if document_split.strict && document_split.once {
            return Err("strict pairs are there once anyway".into());
        }
        if document_split.spaced && document_split.strict {
            return Err("keyvalue is either spaced or strict".into());
        }
        Ok(KeyValue {
            separator,
            equals,
            quote,
            spaced: document_split.spaced,
            strict: document_split.strict,
            once: document_split.once,
            map: self.map(document_split.map)?,
            cases: self.cases(
                document_split.cases,
                document_split.otherwise,
                &document_split.set,
            )?,
        })
    }
}
