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
use crate::routes::{audit, auth, conversations, devices, invitation_page, invitations, leads, members, server, sync};
use crate::state::AppState;

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
        .routes(routes!(audit::append))
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
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Transport};
    use tokio_util::sync::CancellationToken;

    #[tokio::test]
    async fn a_panic_is_a_500_that_says_nothing_but_the_requests_id() {
        // A second installation of the same provider by another test is no failure.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().expect("temporary directory");
        let listen = "127.0.0.1:0".parse().expect("address");
        let config = Config::new(listen, dir.path().join("data"), Transport::InsecureHttpLoopback);
        let (state, _, _telemetry) =
            crate::serve::open_state(&config, "http://localhost".to_owned(), CancellationToken::new())
                .await
                .expect("opens");
        async fn fails() -> StatusCode {
            panic!("Nora's secret")
        }
        #[allow(clippy::disallowed_methods, reason = "a route of this test, of which nobody has to be told")]
        let app = dress(Router::new().route("/fails", axum::routing::get(fails)), state.clone()).with_state(state);
        let listener = tokio::net::TcpListener::bind(listen).await.expect("free port");
        let url = format!("http://{}/fails", listener.local_addr().expect("address"));
        let app = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(axum::serve(listener, app).into_future());

        let request = reqwest::Client::new().get(url).header(wire::REQUEST_ID_HEADER, "panic-test-1");
        let answer = request.send().await.expect("an answer in spite of the panic");
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body: wire::ApiErrorBody = serde_json::from_slice(&answer.bytes().await.expect("body")).expect("JSON");
        assert_eq!((body.code, body.request_id.as_str()), (wire::ApiErrorCode::Internal, "panic-test-1"));
        assert!(!body.message.contains("Nora"));
    }
}
