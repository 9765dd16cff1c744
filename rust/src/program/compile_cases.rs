//! The ways that tell frames apart by cases, from the program's JSON to the form that runs.

use super::cases::{Case, Cases};
use super::compile::{Build, quote_byte};
use super::dnstap::{self, Dnstap};
use super::document::{self, Constants};
use super::find::Needle;
use super::keyvalue::{KeyValue, is_key_byte};
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

    pub fn dnstap(&mut self, way: document::Dnstap) -> Result<Dnstap, String> {
        let mut map = [NO_SLOT; dnstap::PARTS.len()];
        for (name, slot) in &way.map {
            let place = dnstap::PARTS.iter().position(|part| part == name);
            let place = place.ok_or_else(|| format!("dnstap has no part {name:?}"))?;
            map[place] = self.slot(*slot)?;
        }
        Ok(Dnstap {
            map,
            cases: self.cases(way.cases, way.otherwise, &way.set)?,
        })
    }

    pub fn keyvalue(&mut self, way: document::KeyValue) -> Result<KeyValue, String> {
        let separator = Needle::new(&way.separator).ok_or("the separator is empty")?;
        let equals = Needle::new(&way.equals).ok_or("the equals sign is empty")?;
        if way.equals.contains(&way.separator) || way.equals.contains('\\') {
            return Err("the equals sign cannot hold the separator or a backslash".into());
        }
        if way.spaced && is_key_byte(equals.first()) {
            return Err("the equals sign cannot begin as keys do".into());
        }
        let quote = way
            .quote
            .map(|quote| quote_byte(&quote, &format!("{}{}", way.separator, way.equals)))
            .transpose()?;
        if way.spaced && way.strict {
            return Err("keyvalue is either spaced or strict".into());
        }
        Ok(KeyValue {
            separator,
            equals,
            quote,
            spaced: way.spaced,
            strict: way.strict,
            map: self.map(way.map)?,
            cases: self.cases(way.cases, way.otherwise, &way.set)?,
        })
    }
}
