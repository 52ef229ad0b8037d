//! The lead list: any order, any filter, any place in it.

mod custom_filter;
mod detail;
mod each;
mod filter;
mod list;
mod lists;
#[cfg(test)]
mod tests;

pub(crate) use detail::{find_lead, get_detail};
pub(crate) use each::{for_each, scope_count};
pub(crate) use list::{count, page};
#[cfg(test)]
pub(crate) use lists::Tuning;
pub(crate) use lists::{Lists, Of, Remembered};
