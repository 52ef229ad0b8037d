//! Events in the words of Sentry's envelopes (develop.sentry.dev/sdk/data-model/envelopes) and of PostHog's batches
//! (posthog.com/docs/api/capture). What is serialised here is all that ever leaves.

use domain::UnixMs;
use serde::Serialize;
use uuid::Uuid;
use wire::ApiErrorCode;

use super::event::{Failure, Product, StudioHash};

/// Names the program and its version in both.
const RELEASE: &str = concat!("frontdesk-server@", env!("CARGO_PKG_VERSION"));
pub(super) const CLIENT: &str = concat!("frontdesk-server/", env!("CARGO_PKG_VERSION"));

#[derive(Serialize)]
struct EnvelopeHeader {
    event_id: String,
}

#[derive(Serialize)]
struct ItemHeader {
    r#type: &'static str,
    length: usize,
}

#[derive(Serialize)]
struct SentryEvent<'a> {
    event_id: String,
    /// Seconds since 1970.
    timestamp: f64,
    platform: &'static str,
    level: &'static str,
    logger: &'static str,
    release: &'static str,
    logentry: LogEntry,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<&'a str>,
    tags: Tags,
}

#[derive(Serialize)]
struct LogEntry {
    formatted: &'static str,
}

#[derive(Default, Serialize)]
struct Tags {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<ApiErrorCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

/// The envelope of one failure.
pub(super) fn envelope(at: UnixMs, failure: &Failure) -> Vec<u8> {
    let event_id = Uuid::new_v4().simple().to_string();
    let (level, formatted, transaction, tags) = match failure {
        Failure::Request { route, status, code, request_id } => {
            let status = Some(status.as_u16().to_string());
            let tags = Tags { code: *code, status, request_id: *request_id, ..Tags::default() };
            ("error", "a request failed", route.as_ref().map(|route| route.as_str()), tags)
        }
        Failure::Logged { place } => {
            ("error", "an error outside of requests", None, Tags { place: Some(place.to_string()), ..Tags::default() })
        }
        Failure::Panic { place } => {
            ("fatal", "a panic", None, Tags { place: place.as_ref().map(ToString::to_string), ..Tags::default() })
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "a millisecond is far coarser")]
    let event = SentryEvent {
        event_id: event_id.clone(),
        timestamp: at.0 as f64 / 1000.0,
        platform: "other",
        level,
        logger: "frontdesk-server",
        release: RELEASE,
        logentry: LogEntry { formatted },
        transaction,
        tags,
    };
    let event = json(&event);
    let item = ItemHeader { r#type: "event", length: event.len() };
    [json(&EnvelopeHeader { event_id }), json(&item), event].join(&b'\n')
}

#[derive(Serialize)]
struct Batch<'a> {
    api_key: &'a str,
    batch: Vec<PosthogEvent>,
}

#[derive(Serialize)]
struct PosthogEvent {
    event: &'static str,
    distinct_id: String,
    timestamp: String,
    properties: Properties,
}

#[derive(Serialize)]
struct Properties {
    release: &'static str,
    #[serde(rename = "$lib")]
    lib: &'static str,
    /// No profile is kept of anybody, and no place looked up for the address of the server.
    #[serde(rename = "$process_person_profile")]
    process_person_profile: bool,
    #[serde(rename = "$geoip_disable")]
    geoip_disable: bool,
}

/// The batch of these uses.
pub(super) fn batch(api_key: &str, products: &[(UnixMs, Product, StudioHash)]) -> Vec<u8> {
    let batch = products.iter().map(|(at, product, studio)| PosthogEvent {
        event: product.name(),
        distinct_id: studio.to_string(),
        timestamp: chrono::DateTime::from_timestamp_millis(at.0).unwrap_or_default().to_rfc3339(),
        properties: Properties {
            release: RELEASE,
            lib: "frontdesk-server",
            process_person_profile: false,
            geoip_disable: true,
        },
    });
    json(&Batch { api_key, batch: batch.collect() })
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("texts and numbers can be written")
}
