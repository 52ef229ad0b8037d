//! Throw-away certificates, for demos and tests: a tiny authority, and a certificate that it signs.
//!
//! The authority's key is never written: nothing else can be signed with it. A client is told to trust `ca.pem`; the
//! server is given `cert.pem` and `key.pem`.

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, Days, Utc};
use domain::UnixMs;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// Midnight at the start of the day, in a type of a crate that only rcgen names.
macro_rules! midnight {
    ($day:expr) => {{
        let day = $day;
        let number = |n: u32| u8::try_from(n).expect("months and days are small");
        date_time_ymd(day.year(), number(day.month()), number(day.day()))
    }};
}

use crate::secret_file::{make_private_dir, write_private_file};

/// A throw-away certificate's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// What a client has to trust.
    pub ca: PathBuf,
    pub cert: PathBuf,
    /// Mode 0600.
    pub key: PathBuf,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("the certificate can't be made: {0}")]
    Make(#[from] rcgen::Error),
    #[error("the time is out of range")]
    Time,
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Writes `ca.pem`, `cert.pem` and `key.pem` to `out` for `hosts` (names or addresses), good from yesterday for `days`
/// days from `now`: zero or less makes one that has expired.
///
/// # Errors
/// [`CertificateError`].
pub fn write_throw_away(
    out: &Path,
    hosts: &[String],
    days: i64,
    now: UnixMs,
) -> Result<CertificateFiles, CertificateError> {
    let today = DateTime::<Utc>::from_timestamp_millis(now.0).ok_or(CertificateError::Time)?;
    let end = shifted(today, days)?;
    let start = shifted(end.min(today), -1)?;

    let mut ca = CertificateParams::default();
    ca.distinguished_name.push(DnType::CommonName, "Frontdesk throw-away authority");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (ca.not_before, ca.not_after) = (midnight!(start), midnight!(shifted(today.max(end), 1)?));
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;

    let mut leaf = CertificateParams::new(hosts)?;
    leaf.distinguished_name.push(DnType::CommonName, "Frontdesk throw-away certificate");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    (leaf.not_before, leaf.not_after) = (midnight!(start), midnight!(end));
    let key = KeyPair::generate()?;
    let cert = leaf.signed_by(&key, &ca)?;

    let files = CertificateFiles { ca: out.join("ca.pem"), cert: out.join("cert.pem"), key: out.join("key.pem") };
    make_private_dir(out).map_err(|source| CertificateError::Io { path: out.to_owned(), source })?;
    for (path, pem) in [(&files.ca, ca.pem()), (&files.cert, cert.pem()), (&files.key, key.serialize_pem())] {
        let pem = zeroize::Zeroizing::new(pem);
        write_private_file(path, pem.as_bytes())
            .map_err(|source| CertificateError::Io { path: path.clone(), source })?;
    }
    Ok(files)
}

fn shifted(day: DateTime<Utc>, days: i64) -> Result<DateTime<Utc>, CertificateError> {
    let span = Days::new(days.unsigned_abs());
    let shifted = if days < 0 { day.checked_sub_days(span) } else { day.checked_add_days(span) };
    shifted.ok_or(CertificateError::Time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_key_is_closed_to_others_and_the_server_takes_the_pair() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let now = UnixMs(Utc::now().timestamp_millis());
        let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let files = write_throw_away(&dir.path().join("tls"), &hosts, 7, now).expect("made");
        let mode = std::fs::metadata(&files.key).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        crate::tls::server_config(&files.cert, &files.key).expect("usable");
    }
}
