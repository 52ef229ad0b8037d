//! Events in the words of Sentry's envelopes (develop.sentry.dev/sdk/data-model/envelopes) and of PostHog's batches
//! (posthog.com/docs/api/capture). What is serialised here is all that ever leaves.

use domain::UnixMs;
use serde::Serialize;
use uuid::Uuid;
use wire::ApiErrorCode;

use super::event::{Failure, FaultKind, Place, Use};
use super::pseudonym::Pseudonym;

const NAME: &str = "frontdesk-server";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The program and its version, as releases are named.
const RELEASE: &str = concat!("frontdesk-server@", env!("CARGO_PKG_VERSION"));
/// The same, as a client is named.
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
    sdk: Sdk,
    exception: Exceptions<'a>,
    /// What is the same fault: without a function and a line of code, Sentry would take all of a kind for one.
    fingerprint: [String; 3],
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<&'a str>,
    tags: Tags,
}

#[derive(Serialize)]
struct Sdk {
    name: &'static str,
    version: &'static str,
    settings: SdkSettings,
}

#[derive(Serialize)]
struct SdkSettings {
    /// Else the address that an event comes from may be kept as a user's.
    infer_ip: &'static str,
}

#[derive(Serialize)]
struct Exceptions<'a> {
    values: [Exception<'a>; 1],
}

#[derive(Serialize)]
struct Exception<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stacktrace: Option<Stacktrace<'a>>,
}

#[derive(Serialize)]
struct Stacktrace<'a> {
    frames: [Frame<'a>; 1],
}

#[derive(Serialize)]
struct Frame<'a> {
    filename: &'a str,
    lineno: u32,
    in_app: bool,
}

#[derive(Serialize)]
struct Tags {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Uuid>,
}

impl<'a> Exception<'a> {
    fn new(kind: FaultKind, place: Option<&'a Place>) -> Self {
        let frame = |place: &'a Place| Frame { filename: place.file(), lineno: place.line(), in_app: place.is_ours() };
        Self { r#type: kind.name(), stacktrace: place.map(|place| Stacktrace { frames: [frame(place)] }) }
    }
}

/// The envelope of one failure.
pub(super) fn envelope(at: UnixMs, failure: &Failure) -> Vec<u8> {
    let Failure { fault, request } = failure;
    let event_id = Uuid::new_v4().simple().to_string();
    let transaction = request.as_ref().and_then(|request| Some(request.route.as_ref()?.as_str()));
    let place = fault.place.as_ref().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a millisecond is far coarser")]
    let timestamp = at.0 as f64 / 1000.0;
    let event = SentryEvent {
        event_id: event_id.clone(),
        timestamp,
        platform: "other",
        level: if fault.kind == FaultKind::Panic { "fatal" } else { "error" },
        logger: NAME,
        release: RELEASE,
        sdk: Sdk { name: NAME, version: VERSION, settings: SdkSettings { infer_ip: "never" } },
        exception: Exceptions { values: [Exception::new(fault.kind, fault.place.as_ref())] },
        fingerprint: [fault.kind.name().to_owned(), place, transaction.unwrap_or_default().to_owned()],
        transaction,
        tags: Tags {
            status: request.as_ref().map(|request| request.status.as_u16().to_string()),
            request_id: request.as_ref().and_then(|request| request.id),
        },
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
    timestamp: String,
    properties: Properties,
}

#[derive(Serialize)]
struct Properties {
    distinct_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ApiErrorCode>,
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
pub(super) fn batch(api_key: &str, uses: &[(UnixMs, (Use, Pseudonym))]) -> Vec<u8> {
    let batch = uses.iter().map(|(at, (used, who))| PosthogEvent {
        event: used.name(),
        timestamp: chrono::DateTime::from_timestamp_millis(at.0).unwrap_or_default().to_rfc3339(),
        properties: Properties {
            distinct_id: who.to_string(),
            reason: used.reason(),
            release: RELEASE,
            lib: NAME,
            process_person_profile: false,
            geoip_disable: true,
        },
    });
    json(&Batch { api_key, batch: batch.collect() })
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("texts and numbers can be written")
}
