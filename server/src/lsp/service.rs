//! A thin layer over tower-lsp's service that mends what an editor would trip over:
//!
//! - every handler runs up to its first `await` before the next message is looked at, so document notifications,
//!   which never await, are handled in the order in which they came;
//! - a handler that panics costs its own answer, not the server;
//! - an unknown `$/…` request is answered; `params: null` and a slip in the capabilities are accepted.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::{self, BoxFuture};
use liveline_protocol::{history, status};
use serde_json::{Value, json};
use tower::Service;
use tower_lsp::ExitedError;
use tower_lsp::jsonrpc::{Error, Id, Request, Response};

use super::initialize;

/// The layer.
#[derive(Debug)]
pub(super) struct Mended<S> {
    inner: S,
    /// Requests whose handlers panicked: the service would hold their ids for in use.
    lost: Lost,
}

type Lost = Arc<Mutex<Vec<Id>>>;
type Panic = Box<dyn Any + Send>;

impl<S> Mended<S> {
    /// Around `inner`.
    pub(super) fn new(inner: S) -> Self {
        Self { inner, lost: Lost::default() }
    }
}

impl<S> Service<Request> for Mended<S>
where
    S: Service<Request, Response = Option<Response>, Error = ExitedError>,
    S::Future: Send + 'static,
{
    type Response = Option<Response>;
    type Error = ExitedError;
    type Future = BoxFuture<'static, Result<Option<Response>, ExitedError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ExitedError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.forget_lost();
        let call =
            Call { method: request.method().to_owned(), id: request.id().cloned(), lost: self.lost.clone() };
        let called = catch_unwind(AssertUnwindSafe(|| self.inner.call(mend_params(request))));
        let outcome = match called {
            Ok(future) => AssertUnwindSafe(future).catch_unwind().boxed(),
            Err(panic) => future::err(panic).boxed(),
        };
        let mut answer = outcome.map(move |outcome| call.answer(outcome)).boxed();
        match (&mut answer).now_or_never() {
            Some(answer) => future::ready(answer).boxed(),
            None => answer,
        }
    }
}

impl<S> Mended<S>
where
    S: Service<Request, Response = Option<Response>, Error = ExitedError>,
    S::Future: Send + 'static,
{
    fn forget_lost(&mut self) {
        let lost = std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner));
        for id in lost {
            let cancel = Request::build("$/cancelRequest").params(json!({ "id": id })).finish();
            let _ = self.inner.call(cancel).now_or_never();
        }
    }
}

/// What has to be known of a request when its handler has ended.
struct Call {
    method: String,
    id: Option<Id>,
    lost: Lost,
}

impl Call {
    fn answer(
        self,
        outcome: Result<Result<Option<Response>, ExitedError>, Panic>,
    ) -> Result<Option<Response>, ExitedError> {
        let answer = match outcome {
            Ok(answer) => answer?,
            Err(panic) => return Ok(self.lose(panic.as_ref())),
        };
        // tower-lsp takes unknown `$/…` requests for notifications; LSP wants an answer.
        let unknown = |id| Response::from_error(id, Error::method_not_found());
        Ok(answer.or_else(|| self.id.map(unknown)))
    }

    fn lose(self, panic: &(dyn Any + Send)) -> Option<Response> {
        let what = panic_message(panic);
        tracing::error!(method = self.method, "a handler panicked: {what}");
        let id = self.id?;
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).push(id.clone());
        let mut error = Error::internal_error();
        error.message = format!("{} failed inside the server: {what}", self.method).into();
        Some(Response::from_error(id, error))
    }
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Methods without parameters accept whatever stands there, all others take `null` and nothing for `{}`.
fn mend_params(request: Request) -> Request {
    let (method, id, params) = request.into_parts();
    let params = match (&*method, params) {
        ("shutdown" | "exit" | status::METHOD | history::METHOD, _) => None,
        ("initialize", params) => Some(initialize::lenient(params.unwrap_or_else(|| json!({})))),
        (_, None | Some(Value::Null)) => Some(json!({})),
        (_, params) => params,
    };
    let request = Request::build(method);
    let request = match id {
        Some(id) => request.id(id),
        None => request,
    };
    match params {
        Some(params) => request.params(params).finish(),
        None => request.finish(),
    }
}
