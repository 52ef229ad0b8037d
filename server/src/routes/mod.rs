//! The API's routes, a file a noun. Handlers check and call; what is written, the tenant knows.

pub(crate) mod audit;
pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod conversations;
pub(crate) mod custom_fields;
pub(crate) mod devices;
mod documented;
pub(crate) mod invitation_page;
pub(crate) mod invitations;
pub(crate) mod leads;
pub(crate) mod members;
pub(crate) mod operations;
pub(crate) mod presence;
mod query;
pub(crate) mod server;
pub(crate) mod sync;
