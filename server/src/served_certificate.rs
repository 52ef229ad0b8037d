//! The certificate that is served, and its renewal while the server runs.
//!
//! Its two files are replaced by somebody else, one after the other, or by a link that is turned. So they are read once
//! they have stayed the same between two looks, and taken over only if they are a certificate and its key; until then
//! the one from before is served.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use axum_server::tls_rustls::RustlsConfig;

use crate::tls::{TlsError, server_config};

/// The files of a certificate and its key, and what is served of them.
pub(crate) struct ServedCertificate {
    cert: PathBuf,
    key: PathBuf,
    config: RustlsConfig,
    /// The files that were read last, whether they are served or were refused.
    read: Stamps,
    /// The files as they were at the last look, where they are others than those.
    changing: Option<Stamps>,
}

/// What a look at the files found.
#[derive(Debug)]
pub(crate) enum Look {
    /// They are those that were read.
    Same,
    /// They are others, and may not be complete yet.
    Changing,
    /// New connections are given the new certificate.
    Renewed,
    /// They can't be served; the certificate of before still is.
    Refused(TlsError),
}

/// Tells a file from what stood there before, links followed. Nothing for one that can't be seen.
type Stamp = Option<(u64, u64, u64, i64, i64, i64, i64)>;
type Stamps = [Stamp; 2];

impl ServedCertificate {
    /// Reads a certificate chain and its key, both PEM.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(crate) fn load(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        // Before they are read: what changes meanwhile is seen later.
        let read = [stamp(cert), stamp(key)];
        let config = RustlsConfig::from_config(server_config(cert, key)?);
        Ok(Self { cert: cert.to_owned(), key: key.to_owned(), config, read, changing: None })
    }

    /// What connections are accepted with; it follows the renewals.
    pub(crate) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Looks whether the files are others now. Blocks.
    pub(crate) fn look(&mut self) -> Look {
        let now = [stamp(&self.cert), stamp(&self.key)];
        if now == self.read {
            self.changing = None;
            return Look::Same;
        }
        if self.changing.replace(now) != Some(now) {
            return Look::Changing;
        }
        (self.read, self.changing) = (now, None);
        match server_config(&self.cert, &self.key) {
            Ok(config) => {
                self.config.reload_from_config(config);
                Look::Renewed
            }
            Err(error) => Look::Refused(error),
        }
    }
}

fn stamp(path: &Path) -> Stamp {
    let seen = || -> io::Result<_> {
        let file = std::fs::metadata(path)?;
        let (modified, changed) = ((file.mtime(), file.mtime_nsec()), (file.ctime(), file.ctime_nsec()));
        Ok((file.dev(), file.ino(), file.len(), modified.0, modified.1, changed.0, changed.1))
    };
    seen().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::write_throw_away;
    use domain::UnixMs;
    use std::sync::Arc;

    fn make(dir: &Path) -> crate::CertificateFiles {
        let now = UnixMs(chrono::Utc::now().timestamp_millis());
        write_throw_away(dir, &["localhost".to_owned()], 7, now).expect("made")
    }

    #[test]
    fn files_are_taken_over_when_they_are_complete_and_fit() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let files = make(&dir.path().join("tls"));
        let mut served = ServedCertificate::load(&files.cert, &files.key).expect("usable");
        let config = served.config();
        let first = config.get_inner();
        let is_first = || Arc::ptr_eq(&config.get_inner(), &first);
        assert!(matches!(served.look(), Look::Same));

        // The certificate without its key: half of a renewal.
        let next = make(&dir.path().join("next"));
        std::fs::rename(&next.cert, &files.cert).expect("renamed");
        assert!(matches!(served.look(), Look::Changing));
        assert!(matches!(served.look(), Look::Refused(TlsError::Unusable(_))));
        assert!(matches!(served.look(), Look::Same), "it is said once");
        assert!(is_first());

        std::fs::rename(&next.key, &files.key).expect("renamed");
        assert!(matches!(served.look(), Look::Changing));
        assert!(is_first(), "not before they have settled");
        assert!(matches!(served.look(), Look::Renewed));
        assert!(!is_first());

        let renewed = config.get_inner();
        std::fs::write(&files.cert, "-----BEGIN CERTIFICATE-----\nbroken").expect("written");
        assert!(matches!(served.look(), Look::Changing));
        assert!(matches!(served.look(), Look::Refused(_)));
        std::fs::remove_file(&files.key).expect("removed");
        assert!(matches!(served.look(), Look::Changing));
        assert!(matches!(served.look(), Look::Refused(_)));
        assert!(Arc::ptr_eq(&config.get_inner(), &renewed), "what was good is still served");
    }

    #[test]
    fn a_link_that_is_turned_is_a_renewal() {
        let dir = tempfile::tempdir().expect("temporary directory");
        make(&dir.path().join("one"));
        make(&dir.path().join("two"));
        let live = dir.path().join("live");
        std::os::unix::fs::symlink("one", &live).expect("linked");
        let mut served = ServedCertificate::load(&live.join("cert.pem"), &live.join("key.pem")).expect("usable");
        let turned = dir.path().join("turned");
        std::os::unix::fs::symlink("two", &turned).expect("linked");
        std::fs::rename(&turned, &live).expect("turned");
        assert!(matches!(served.look(), Look::Changing));
        assert!(matches!(served.look(), Look::Renewed));
    }
}
