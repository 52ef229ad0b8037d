//! Takes over the certificate's files when they change.

use super::looks;
use crate::served_certificate::{Look, ServedCertificate};

pub(super) async fn run(mut certificate: ServedCertificate) {
    let mut looks = looks();
    loop {
        looks.tick().await;
        // Files may be on a disk that is slow.
        let looking = tokio::task::spawn_blocking(move || (certificate.look(), certificate)).await;
        // Nothing in it panics: the runtime is ending.
        let Ok((look, looked)) = looking else { return };
        certificate = looked;
        match look {
            Look::Same | Look::Changing => {}
            Look::Renewed => tracing::info!("the certificate was renewed: new connections are given the new one"),
            Look::Refused(error) => {
                tracing::error!(%error, "the new certificate can't be served: the one from before still is");
            }
        }
    }
}
