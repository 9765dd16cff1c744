//! Deciding what a frame is by the texts of its slots (ADR 3, json). The first case that holds decides.

use super::compiled::{Absent, Branch};
use super::document::Otherwise;
use super::piece::{Slots, Sources};
use crate::reject_code::RejectCode;

#[derive(Debug)]
pub(crate) struct Cases {
    pub cases: Vec<Case>,
    pub otherwise: Otherwise,
    /// For a frame for which no case holds.
    pub branch: Branch,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub slot: u16,
    /// None: it is enough that the slot is present.
    pub equals: Option<Vec<Box<[u8]>>>,
    pub branch: Branch,
}

impl Cases {
    /// Return the branch of a frame whose slots are filled.
    pub fn branch(
        &self,
        slots: &Slots,
        sources: &Sources,
        absent: &Absent,
    ) -> Result<&Branch, RejectCode> {
        let decides = |case: &&Case| {
            slots.get(case.slot).present().is_some_and(|piece| {
                let text = sources.text(piece);
                match &case.equals {
                    Some(texts) => texts.iter().any(|known| **known == *text),
                    None => !absent.holds(text),
                }
            })
        };
        match self.cases.iter().find(decides) {
            Some(case) => Ok(&case.branch),
            None if self.cases.is_empty() => Ok(&self.branch),
            None => match self.otherwise {
                Otherwise::Reject => Err(RejectCode::NoPattern),
                Otherwise::Comment | Otherwise::Record => Ok(&self.branch),
            },
        }
    }
}
