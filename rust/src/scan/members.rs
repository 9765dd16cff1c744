//! What a scan does with each member of an archive whose members are in different formats (ADR 3, Members).

use crate::program::FirstDay;

/// What is done with a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberUse {
    Read,
    /// Another scan of the same archive reads it.
    Skip,
    /// No format reads it: it is one reject.
    Refuse,
}

/// The use of each member, in stored order, and the day of its first time if its times state no year.
#[derive(Clone, Debug, Default)]
pub struct MemberPlan {
    uses: Vec<MemberUse>,
    first_days: Vec<Option<FirstDay>>,
}

impl MemberPlan {
    /// Return a plan of letters: `r` to read a member, `s` to skip it, `u` if no format reads it. None for others.
    pub fn from_text(text: &str, first_days: Vec<Option<FirstDay>>) -> Option<MemberPlan> {
        let uses = text.bytes().map(|letter| match letter {
            b'r' => Some(MemberUse::Read),
            b's' => Some(MemberUse::Skip),
            b'u' => Some(MemberUse::Refuse),
            _ => None,
        });
        let uses = uses.collect::<Option<_>>()?;
        Some(MemberPlan { uses, first_days })
    }

    /// Return the use of a member. One that was not there when formats were chosen is refused.
    pub fn member_use(&self, number: usize) -> MemberUse {
        self.uses.get(number).copied().unwrap_or(MemberUse::Refuse)
    }

    pub fn first_day(&self, number: usize) -> Option<FirstDay> {
        self.first_days.get(number).copied().flatten()
    }
}
