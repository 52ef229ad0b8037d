//! Which route is answered by what, and what all of them share.

use std::any::Any;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::ApiError;
use crate::limits;
use crate::openapi::{self, may_answer};
use crate::rate_limits;
use crate::request;
use crate::routes::{
    audit, auth, conversations, custom_fields, devices, invitation_page, invitations, leads, members, operations,
    presence, server, sync,
};
use crate::state::AppState;
use crate::telemetry::{Fault, FaultKind, take_panic};

/// Every answer has begun after `timeout`; the streams may then go on.
pub(crate) fn router(state: AppState, timeout: Duration) -> Router {
    let routes = Router::from(routes()).layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, timeout));
    dress(routes.fallback(|| async { ApiError::NotFound }), state.clone()).with_state(state)
}

/// Every route, with its description. `routes!` is the only way in: `clippy.toml` bans those that would describe nothing.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    let sign_in = OpenApiRouter::new()
        .routes(routes!(auth::sign_in))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::sign_out))
        .routes(routes!(invitation_page::show, invitation_page::accept))
        .layer(DefaultBodyLimit::max(limits::AUTH_BODY_BYTES));
    let answers = OpenApiRouter::new()
        .routes(routes!(devices::list))
        .routes(routes!(devices::revoke))
        .routes(routes!(devices::revoke_others))
        .routes(routes!(leads::change, leads::delete))
        .routes(routes!(conversations::record_message))
        .routes(routes!(custom_fields::list))
        .routes(routes!(custom_fields::put))
        .routes(routes!(audit::append))
        .routes(routes!(operations::push))
        .routes(routes!(presence::put))
        .routes(routes!(members::list))
        .routes(routes!(members::change_role, members::remove))
        .routes(routes!(invitations::list, invitations::invite))
        .routes(routes!(invitations::withdraw))
        .routes(routes!(invitations::send))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .merge(sign_in);
    // They ask no database.
    let server = OpenApiRouter::new()
        .routes(routes!(server::health))
        .routes(routes!(server::description))
        .routes(routes!(server::docs));
    let streams = OpenApiRouter::new()
        .routes(routes!(sync::events))
        .routes(routes!(sync::changes))
        // The fastest level is the best one here: the feed is read about as fast as it can be compressed.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));
    let routes = may_answer::<openapi::Unavailable, _>(answers.merge(streams));
    let routes = may_answer::<openapi::TimedOut, _>(openapi::router().merge(routes).merge(server));
    let routes = may_answer::<openapi::TooManyRequests, _>(routes);
    may_answer::<openapi::Failed, _>(routes)
}

/// What every route has around it.
fn dress(routes: Router<AppState>, state: AppState) -> Router<AppState> {
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(state.clone(), rate_limits::limit_addresses))
        .layer(middleware::from_fn_with_state(state, request::accompany))
}

/// What a panic says is not repeated: it may quote data.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Fault { kind: FaultKind::Panic, place: take_panic() });
    response
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::Request;
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::config::{Config, Transport};
    use crate::telemetry::{LogLayer, TelemetryConfig, TelemetryTask, log_panic};

    const SECRET: &str = "Nora's secret";

    async fn fails() -> StatusCode {
        panic!("{SECRET}")
    }

    async fn open_state(dir: &tempfile::TempDir, telemetry: TelemetryConfig) -> (AppState, TelemetryTask) {
        // A second installation of the same provider by another test is no failure.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listen = "127.0.0.1:0".parse().expect("address");
        let config = Config::new(listen, dir.path().join("data"), Transport::InsecureHttpLoopback);
        let (config, base_url) = (Config { telemetry, ..config }, "http://localhost".to_owned());
        let opened = crate::serve::open_state(&config, base_url, CancellationToken::new()).await;
        let (state, _, task) = opened.expect("opens");
        (state, task)
    }

    async fn serve(app: Router) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("free port");
        let address = listener.local_addr().expect("address");
        tokio::spawn(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).into_future());
        address
    }

    /// Asks for a route that panics, and gives the answer's body.
    async fn ask_for_what_fails(state: AppState, request_id: &str) -> wire::ApiErrorBody {
        #[allow(clippy::disallowed_methods, reason = "a route of this test, of which nobody has to be told")]
        let app = dress(Router::new().route("/fails", axum::routing::get(fails)), state.clone()).with_state(state);
        let url = format!("http://{}/fails", serve(app).await);
        let request = reqwest::Client::new().get(url).header(wire::REQUEST_ID_HEADER, request_id);
        let answer = request.send().await.expect("an answer in spite of the panic");
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        serde_json::from_slice(&answer.bytes().await.expect("body")).expect("JSON")
    }

    #[tokio::test]
    async fn a_panic_is_a_500_that_says_nothing_but_the_requests_id() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let (state, _task) = open_state(&dir, TelemetryConfig::default()).await;
        let body = ask_for_what_fails(state, "panic-test-1").await;
        assert_eq!((body.code, body.request_id.as_str()), (wire::ApiErrorCode::Internal, "panic-test-1"));
        assert!(!body.message.contains("Nora"));
    }

    #[tokio::test]
    async fn of_panics_and_logged_errors_telemetry_has_kind_place_route_and_id_and_not_what_they_say() {
        let (sender, mut posted) = mpsc::unbounded_channel();
        let keep = move |request: Request| {
            let sender = sender.clone();
            async move {
                let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.expect("body");
                sender.send(String::from_utf8(body.to_vec()).expect("text")).expect("the test looks");
            }
        };
        let dsn = format!("http://0af3@{}/42", serve(Router::new().fallback(keep)).await);
        let sentry = Some(dsn.parse().expect("a DSN"));
        let dir = tempfile::tempdir().expect("temporary directory");
        let (state, task) = open_state(&dir, TelemetryConfig { sentry, ..TelemetryConfig::default() }).await;
        let layer = LogLayer::default();
        let _log = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer.clone()));
        tracing::error!("too early for Nora");
        layer.tell(state.telemetry.clone());

        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(log_panic));
        let id = "0198c7a1-0000-7000-8000-00000000abcd";
        ask_for_what_fails(state, id).await;
        let job = tokio::spawn(async { fails().await }).await;
        std::panic::set_hook(usual);
        assert!(job.expect_err("the fault").is_panic());
        tracing::info_span!("feed", who = SECRET).in_scope(|| tracing::error!(name = SECRET, "Nora's job failed"));
        // None of these is ours to tell.
        tracing::info_span!("request").in_scope(|| tracing::error!("its answer tells"));
        tracing::warn!("no error");
        tracing::error!(target: "hyper", "of a library");
        task.end().await;

        let mut told = Vec::new();
        while let Ok(envelope) = posted.try_recv() {
            assert!(!envelope.contains("Nora") && !envelope.contains("127.0.0.1"), "{envelope}");
            let event = envelope.lines().nth(2).expect("an envelope has three lines");
            let event: serde_json::Value = serde_json::from_str(event).expect("JSON");
            let exception = &event["exception"]["values"][0];
            assert_eq!(exception["stacktrace"]["frames"][0]["filename"], file!());
            assert!(exception["stacktrace"]["frames"][0]["lineno"].as_u64().is_some_and(|line| line > 0));
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            let tag = |name: &str| text(&event["tags"][name]);
            told.push((text(&exception["type"]), text(&event["transaction"]), tag("status"), tag("request_id")));
        }
        let some = |text: &str| Some(text.to_owned());
        let expected = [
            (some("panic"), some("/fails"), some("500"), some(id)),
            (some("panic"), None, None, None),
            (some("logged"), None, None, None),
        ];
        assert_eq!(told, expected);
    }
}
