//! The mailer against a mail server on a socket.

use std::path::Path;

use domain::UnixMs;

use super::*;
use crate::certificate::{CertificateFiles, write_throw_away};
use crate::mail::MailConfig;

#[path = "../../tests/support/smtp.rs"]
mod smtp_sink;

use smtp_sink::{Fault, MailSink, Received, Security, acceptor};

fn certificate(dir: &Path) -> CertificateFiles {
    // A second installation of the same provider by another test is no failure.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let now = UnixMs(chrono::Utc::now().timestamp_millis());
    write_throw_away(dir, &["localhost".to_owned()], 2, now).expect("certificate")
}

fn tls(files: &CertificateFiles) -> tokio_rustls::TlsAcceptor {
    let read = |path: &Path| std::fs::read(path).expect("readable");
    acceptor(&read(&files.cert), &read(&files.key))
}

fn mailer(url: &str, extra_ca: Option<&Path>) -> Mailer {
    let config = MailConfig {
        to: url.parse().expect("URL"),
        from: "Frontdesk <desk@example.org>".to_owned(),
        extra_ca: extra_ca.map(ToOwned::to_owned),
    };
    Mailer::new(&config).expect("set up")
}

fn mail() -> Message {
    let from = "Frontdesk <desk@example.org>".parse().expect("address");
    let to = "nora@example.org".parse().expect("address");
    // A dot at the start of a line would end the mail if nobody saw to it.
    Message::builder().from(from).to(to).subject("Hello").body("first\n.\nlast\n".to_owned()).expect("a mail")
}

fn is_whole(mails: &[Received]) -> bool {
    mails.iter().all(|mail| {
        mail.from == "desk@example.org"
            && mail.to == ["nora@example.org"]
            && mail.text.replace("\r\n", "\n").trim_end().ends_with("first\n.\nlast")
    })
}

#[tokio::test]
async fn a_mail_goes_by_tls_from_the_first_byte_or_after_a_command() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let files = certificate(dir.path());
    for (scheme, security) in [("smtps", Security::Tls(tls(&files))), ("smtp", Security::StartTls(tls(&files)))] {
        let sink = MailSink::start(security).await;
        let url = format!("{scheme}://desk:sesame@localhost:{}", sink.addr.port());
        mailer(&url, Some(&files.ca)).send(mail()).await.expect("taken");
        let mails = sink.mails();
        assert!(mails.len() == 1 && is_whole(&mails), "{mails:?}");
        assert!(mails[0].is_encrypted, "{scheme}");
        // `\0desk\0sesame`
        assert_eq!(mails[0].signed_in.as_deref(), Some("AGRlc2sAc2VzYW1l"));
    }
}

#[tokio::test]
async fn a_mail_server_that_is_not_who_it_says_gets_nothing() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let (files, others) = (certificate(&dir.path().join("one")), certificate(&dir.path().join("other")));
    for (scheme, security) in [("smtps", Security::Tls(tls(&files))), ("smtp", Security::StartTls(tls(&files)))] {
        let sink = MailSink::start(security).await;
        let url = format!("{scheme}://desk:sesame@localhost:{}", sink.addr.port());
        assert_eq!(mailer(&url, Some(&others.ca)).send(mail()).await, Err(MailProblem::Untrusted), "{scheme}");
        assert!(sink.mails().is_empty());
        assert_eq!(mailer(&url, Some(&files.ca)).send(mail()).await, Ok(()), "the control");
    }
    let plain = MailSink::start(Security::Plain).await;
    let url = format!("smtp://desk:sesame@localhost:{}", plain.addr.port());
    assert_eq!(mailer(&url, Some(&files.ca)).send(mail()).await, Err(MailProblem::Incompatible), "no STARTTLS");
    assert!(plain.mails().is_empty());
}

#[tokio::test]
async fn each_failure_has_its_name() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let files = certificate(dir.path());
    let sink = MailSink::start(Security::StartTls(tls(&files))).await;
    let mailer = mailer(&format!("smtp://desk:sesame@localhost:{}", sink.addr.port()), Some(&files.ca));
    for (fault, problem) in [
        (Fault::Busy, MailProblem::Busy),
        (Fault::NoSuchAddress, MailProblem::Refused),
        (Fault::NoSignIn, MailProblem::SignInRefused),
        (Fault::CutAfterData, MailProblem::Unreachable),
    ] {
        let before = sink.fired().len();
        sink.fail_with(Some(fault));
        assert_eq!(mailer.send(mail()).await, Err(problem), "{fault:?}");
        assert_eq!(sink.fired()[before..], [fault], "it happened, once");
        sink.fail_with(None);
        assert_eq!(mailer.send(mail()).await, Ok(()), "the control, after {fault:?}");
    }
    let addr = sink.addr;
    drop(sink);
    // The listener is closed when its task has ended.
    while std::net::TcpStream::connect(addr).is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(mailer.send(mail()).await, Err(MailProblem::Unreachable), "nobody listens");
    let again = MailSink::start_at(addr, Security::StartTls(tls(&files))).await;
    assert_eq!(mailer.send(mail()).await, Ok(()), "the control");
    assert_eq!(again.mails().len(), 1);
}

#[tokio::test]
async fn a_folder_gets_a_file_each_mail_that_nobody_else_can_reach() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("temporary directory");
    let folder = dir.path().join("mail");
    let mailer = mailer(&format!("folder:{}", folder.display()), None);
    for _ in 0..2 {
        mailer.send(mail()).await.expect("written");
    }
    assert_eq!(std::fs::metadata(&folder).expect("made").permissions().mode() & 0o777, 0o700);
    let files: Vec<_> = std::fs::read_dir(&folder).expect("read").map(|entry| entry.expect("entry").path()).collect();
    assert_eq!(files.len(), 2);
    assert!(std::fs::read_to_string(&files[0]).expect("read").contains("To: nora@example.org"));
    std::fs::remove_dir_all(&folder).expect("removed");
    assert_eq!(mailer.send(mail()).await, Err(MailProblem::FolderUnwritable));
}

#[test]
fn a_sender_that_is_no_address_is_refused_and_not_repeated() {
    let to = "folder:/nowhere/mail".parse().expect("URL");
    let config = MailConfig { to, from: "desk\r\nBcc: x@example.org".to_owned(), extra_ca: None };
    let error = Mailer::new(&config).err().expect("refused");
    assert!(matches!(error, MailSetupError::From) && !error.to_string().contains("Bcc"), "{error}");
}
