//! Links that leads wrote: opened only on a click, only in the system's own program, only of three kinds.

use desk::{ErrorCode, ErrorView};
use tauri::AppHandle;
use tauri_plugin_opener::OpenerExt;
use url::Url;

/// What may be opened; everything else (`file:`, `javascript:`, custom schemes of installed programs) may not.
const OPENABLE_SCHEMES: [&str; 3] = ["https", "mailto", "tel"];

#[tauri::command]
pub(crate) async fn open_link(app: AppHandle, url: String) -> Result<(), ErrorView> {
    let refused = || ErrorView { code: ErrorCode::InvalidInput, is_retryable: false, report_id: None };
    let url = parse_openable(&url).ok_or_else(refused)?;
    app.opener().open_url(url.as_str(), None::<&str>).map_err(|_| refused())
}

/// What a `mailto:` may fill in (RFC 6068). Some mail programs also know `attach`, which would send a file of this
/// computer to whoever wrote the link.
const MAIL_FIELDS: [&str; 4] = ["subject", "body", "cc", "bcc"];

fn parse_openable(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| match url.scheme() {
        "mailto" => url.query_pairs().all(|(name, _)| MAIL_FIELDS.contains(&name.to_ascii_lowercase().as_str())),
        scheme => OPENABLE_SCHEMES.contains(&scheme),
    })
}

#[cfg(test)]
mod tests {
    use super::parse_openable;

    #[test]
    fn only_https_mailto_and_tel_can_be_opened() {
        for good in [
            "https://example.com/a?b",
            "mailto:a@example.com",
            "mailto:a@example.com?Subject=x&body=y",
            "tel:+447700900118",
        ] {
            assert!(parse_openable(good).is_some(), "{good}");
        }
        for bad in [
            "http://example.com",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "ssh://h",
            "mailto:a@example.com?attach=/etc/passwd",
            "mailto:a@example.com?body=x&Attachment=y",
            "",
        ] {
            assert!(parse_openable(bad).is_none(), "{bad}");
        }
    }
}
