//! JSON-RPC 2.0 messages, before their method gives them a meaning.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::frame::{self, FrameError};

/// JSON-RPC: the method is not known here.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// JSON-RPC: the parameters are not of the method's form.
pub const INVALID_PARAMS: i64 = -32602;
/// JSON-RPC: the request is well formed and cannot be carried out.
pub const REQUEST_FAILED: i64 = -32803;

/// One message of either direction.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Wants one [`Message::Response`] with the same id.
    Request {
        /// Chosen by the sender: a number or a string.
        id: Value,
        /// What is asked.
        method: String,
        /// `Null` where there is none.
        params: Value,
    },
    /// Wants no answer.
    Notification {
        /// What is told.
        method: String,
        /// `Null` where there is none.
        params: Value,
    },
    /// Answers a request.
    Response {
        /// The request's id.
        id: Value,
        /// Its result or why there is none.
        result: Result<Value, ErrorObject>,
    },
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorObject {
    /// One of the JSON-RPC or LSP error codes.
    pub code: i64,
    /// A sentence for a person.
    pub message: String,
}

impl Message {
    /// A notification with `params` as JSON.
    pub fn notification(method: &str, params: &impl Serialize) -> Self {
        Self::Notification { method: method.to_owned(), params: to_value(params) }
    }

    /// A request with `params` as JSON.
    pub fn request(id: u64, method: &str, params: &impl Serialize) -> Self {
        Self::Request { id: json!(id), method: method.to_owned(), params: to_value(params) }
    }

    /// The answer to request `id`.
    pub fn answer(id: Value, result: &impl Serialize) -> Self {
        Self::Response { id, result: Ok(to_value(result)) }
    }

    /// The answer that request `id` failed.
    pub fn failure(id: Value, code: i64, message: impl Into<String>) -> Self {
        Self::Response { id, result: Err(ErrorObject { code, message: message.into() }) }
    }

    /// Reads a frame's body. The error is a sentence for the log or the peer.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
        let Value::Object(mut fields) = value else { return Err("not a JSON-RPC object".to_owned()) };
        let id = fields.remove("id");
        let params = fields.remove("params").unwrap_or(Value::Null);
        match (fields.remove("method"), id) {
            (Some(Value::String(method)), None) => Ok(Self::Notification { method, params }),
            (Some(Value::String(method)), Some(id @ (Value::Number(_) | Value::String(_)))) => {
                Ok(Self::Request { id, method, params })
            }
            (Some(_), _) => {
                Err("the method is not a string or the id is neither number nor string".to_owned())
            }
            (None, Some(id)) => Ok(Self::Response { id, result: response(fields)? }),
            (None, None) => Err("neither a method nor an id".to_owned()),
        }
    }

    /// The message as JSON.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Request { id, method, params } => {
                json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
            }
            Self::Notification { method, params } => {
                json!({"jsonrpc": "2.0", "method": method, "params": params})
            }
            Self::Response { id, result: Ok(result) } => {
                json!({"jsonrpc": "2.0", "id": id, "result": result})
            }
            Self::Response { id, result: Err(error) } => json!({"jsonrpc": "2.0", "id": id, "error": error}),
        }
    }

    /// The message as one frame's bytes.
    pub fn to_frame(&self) -> Result<Vec<u8>, FrameError> {
        frame::encode(self.to_json().to_string().as_bytes())
    }
}

/// The parameters of a known method, or a sentence that says what is wrong with them.
pub fn parse_params<T: DeserializeOwned>(method: &str, params: Value) -> Result<T, String> {
    serde_json::from_value(params)
        .map_err(|error| format!("the parameters of `{method}` are not valid: {error}"))
}

fn response(mut fields: serde_json::Map<String, Value>) -> Result<Result<Value, ErrorObject>, String> {
    match fields.remove("error") {
        Some(error) => {
            serde_json::from_value(error).map(Err).map_err(|e| format!("not an error object: {e}"))
        }
        None => Ok(Ok(fields.remove("result").unwrap_or(Value::Null))),
    }
}

/// Every type of this crate serialises: maps have string keys and no type's `Serialize` can fail.
fn to_value(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(message: Message) {
        assert_eq!(Message::parse(message.to_json().to_string().as_bytes()), Ok(message));
    }

    #[test]
    fn messages_survive_their_wire_form() {
        check(Message::request(7, "attach", &json!({"protocol": 1})));
        check(Message::notification("reload", &json!({"library": "scripts"})));
        check(Message::answer(json!("a"), &json!(null)));
        check(Message::failure(json!(3), METHOD_NOT_FOUND, "no"));
    }

    #[test]
    fn what_is_no_message_is_an_error_that_says_so() {
        for bad in ["", "[]", "{}", r#"{"method":3}"#, r#"{"method":"x","id":{}}"#, r#"{"id":1,"error":4}"#] {
            assert!(Message::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = Message::parse(&bytes);
        }
    }
}
