//! What an operator does to the data directly: studios, members, imports. No route leads here.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use domain::{InvalidField, Invoice, InvoiceId, Member, MemberId, Recording, Studio, StudioId, Subscription};
use secrecy::SecretString;
use wire::changes::Row;

use crate::auth::{PasswordError, Passwords, fold_email};
use crate::clock::Clock;
use crate::db::{Database, DatabaseUrl, DbError, ImportError, ImportReport, NewMembership, WriteError};
use crate::ids::new_uuid;
use crate::member_acts::settle;
use crate::secrets::SecretSource;

/// Why an operator's act failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("the password {0}")]
    Password(Box<dyn std::error::Error + Send + Sync>),
    #[error("{field} {problem}")]
    Invalid { field: &'static str, problem: &'static str },
    #[error(transparent)]
    InvalidField(InvalidField),
    #[error("that e-mail address is a member of this studio already")]
    AlreadyMember,
}

impl From<WriteError> for AdminError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Db(error) => Self::Db(error),
            WriteError::NotFound => Self::Db(DbError::NoSuchStudio),
            WriteError::Forbidden => unreachable!("an operator has no role"),
            WriteError::Invalid { field, problem } => Self::Invalid { field, problem },
            WriteError::InvalidField(error) => Self::InvalidField(error),
        }
    }
}

impl From<PasswordError> for AdminError {
    fn from(error: PasswordError) -> Self {
        Self::Password(Box::new(error))
    }
}

/// A password as it is kept: the PHC string of its hash.
#[derive(Clone)]
pub struct HashedPassword(String);

/// Written by hand: what a hash is of could be guessed at.
impl fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedPassword(…)")
    }
}

/// The operator's hand on a server's data, running or not.
#[derive(Clone)]
pub struct Admin {
    database: Database,
    passwords: Arc<Passwords>,
    clock: Arc<dyn Clock>,
}

impl Admin {
    pub(crate) const fn new(database: Database, passwords: Arc<Passwords>, clock: Arc<dyn Clock>) -> Self {
        Self { database, passwords, clock }
    }

    /// Opens the data of a server that may be running in another program; its clients hear within seconds of what is
    /// changed here.
    ///
    /// # Errors
    /// When the data can't be opened.
    pub async fn open(url: &DatabaseUrl, secret: &SecretSource, clock: Arc<dyn Clock>) -> Result<Self, AdminError> {
        let database = Database::connect(url, secret).await?;
        Ok(Self::new(database, Arc::new(Passwords::new()?), clock))
    }

    /// The same in a directory, by the machine's clock.
    ///
    /// # Errors
    /// When the data can't be opened.
    pub async fn open_dir(dir: &Path) -> Result<Self, AdminError> {
        let (url, secret) = (DatabaseUrl::Sqlite(dir.to_owned()), SecretSource::in_dir(dir));
        Self::open(&url, &secret, Arc::new(crate::clock::SystemClock)).await
    }

    /// Waits until servers on the same database have heard of what was changed, within reason.
    pub async fn settled(&self) {
        self.database.hints().settled().await;
    }

    /// A new invoice id, by the clock.
    pub fn new_invoice_id(&self) -> InvoiceId {
        InvoiceId::from_uuid(new_uuid(self.clock.now()))
    }

    /// Records what a studio subscribed to, as Stripe tells it: in any order, and as often as one likes.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for what no subscription of this studio can be.
    pub async fn record_subscription(
        &self,
        studio_id: StudioId,
        subscription: Subscription,
    ) -> Result<Recording, AdminError> {
        Ok(self.database.tenant(studio_id).await?.record_subscription(subscription).await?)
    }

    /// Records an invoice, as Stripe tells it: in any order, and as often as one likes. One that is known, by its id at
    /// Stripe, keeps its id.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for what no invoice can be.
    pub async fn record_invoice(&self, studio_id: StudioId, invoice: Invoice) -> Result<Recording, AdminError> {
        Ok(self.database.tenant(studio_id).await?.record_invoice(invoice).await?)
    }

    /// A new studio id, by the clock.
    pub fn new_studio_id(&self) -> StudioId {
        StudioId::from_uuid(new_uuid(self.clock.now()))
    }

    /// A new member id, by the clock.
    pub fn new_member_id(&self) -> MemberId {
        MemberId::from_uuid(new_uuid(self.clock.now()))
    }

    /// Makes the studio and its database; for one that exists, describes it anew.
    ///
    /// # Errors
    /// When the data can't be written.
    pub async fn create_studio(&self, studio: Studio) -> Result<(), AdminError> {
        self.database.directory().add_studio(studio.id, self.clock.now()).await?;
        let tenant = self.database.create_tenant(studio.id).await?;
        tenant.put_studio(studio).await?;
        Ok(())
    }

    /// Whether there is such a studio.
    ///
    /// # Errors
    /// When the data can't be read.
    pub async fn has_studio(&self, studio_id: StudioId) -> Result<bool, AdminError> {
        match self.database.tenant(studio_id).await {
            Ok(_) => Ok(true),
            Err(DbError::NoSuchStudio) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes somebody a member who can sign in. An e-mail address that has an account keeps that account's password, and
    /// somebody who was a member before is the same one again: so the id is given.
    ///
    /// # Errors
    /// [`AdminError::AlreadyMember`], or a password too short or too long.
    pub async fn create_member(
        &self,
        studio_id: StudioId,
        member: Member,
        password: SecretString,
    ) -> Result<MemberId, AdminError> {
        let password = self.hash_password(password).await?;
        self.create_member_hashed(studio_id, member, password).await
    }

    /// What is kept of a password: for [`Admin::create_member_hashed`].
    ///
    /// # Errors
    /// For a password too short or too long.
    pub async fn hash_password(&self, password: SecretString) -> Result<HashedPassword, AdminError> {
        Ok(HashedPassword(self.passwords.hash(password).await?))
    }

    /// As [`Admin::create_member`], with a password that was hashed before. Whoever makes thousands of members for a
    /// measurement hashes once; people never share a hash, which would tell that they share a password.
    ///
    /// # Errors
    /// [`AdminError::AlreadyMember`].
    pub async fn create_member_hashed(
        &self,
        studio_id: StudioId,
        member: Member,
        HashedPassword(password_hash): HashedPassword,
    ) -> Result<MemberId, AdminError> {
        let now = self.clock.now();
        // There is such a studio.
        self.database.tenant(studio_id).await?;
        let new = NewMembership {
            account_id: new_uuid(now),
            email_folded: fold_email(&member.email),
            password_hash,
            member_id: member.id,
            studio_id,
            role: member.role,
            name: member.name,
            email: member.email,
        };
        let member_id = self.database.directory().add_membership(new, now).await?.ok_or(AdminError::AlreadyMember)?;
        settle(&self.database, studio_id, now).await?;
        Ok(member_id)
    }

    /// Writes rows in bulk, of which each comes after those it refers to.
    ///
    /// # Errors
    /// [`ImportError`]; rows of completed transactions stay.
    pub async fn import(
        &self,
        studio_id: StudioId,
        rows: impl Iterator<Item = Row> + Send + 'static,
    ) -> Result<ImportReport, AdminError> {
        Ok(self.database.tenant(studio_id).await?.import(rows).await?)
    }

    /// Every studio.
    ///
    /// # Errors
    /// When the data can't be read.
    pub async fn list_studios(&self) -> Result<Vec<StudioId>, AdminError> {
        Ok(self.database.directory().list_studios().await?)
    }

    /// Makes every client of the studio start over with its next pull: to be done when the studio's database was put
    /// back from a backup, since the clients may hold what came after it. Their rows stay until they have new ones.
    ///
    /// # Errors
    /// When there is no such studio, or the data can't be written.
    pub async fn reset_cursors(&self, studio_id: StudioId) -> Result<(), AdminError> {
        let tenant = self.database.tenant(studio_id).await?;
        Ok(tenant.end_epoch(tenant.epoch().await?).await?)
    }

    /// The number of the studio's newest change.
    ///
    /// # Errors
    /// When the data can't be read.
    pub async fn change_seq(&self, studio_id: StudioId) -> Result<i64, AdminError> {
        Ok(self.database.tenant(studio_id).await?.seq().await?)
    }

    /// How many acts are in the studio's audit log.
    ///
    /// # Errors
    /// When the data can't be read.
    pub async fn count_audit(&self, studio_id: StudioId) -> Result<u64, AdminError> {
        Ok(self.database.tenant(studio_id).await?.count_audit().await?)
    }
}
