//! The port for engines on other hosts: open while `liveline.toml` asks for it.

use std::net::SocketAddr;

use liveline_protocol::remote::TOKEN_FILE;
use liveline_protocol::status;

use super::{Hub, Input};
use crate::channel::remote::{Port, RemoteListener};
use crate::channel::token;
use crate::core::Event;
use crate::face::{HubEvent, Level};

/// What was asked for, and the port if it could be opened.
#[derive(Debug, Default)]
pub(super) struct Open {
    asked: Option<SocketAddr>,
    listener: Option<RemoteListener>,
    /// An earlier port is being closed: until then its address may be taken.
    is_closing: bool,
    /// How many ports there were.
    count: u64,
}

impl Hub {
    /// Opens the port, closes it or leaves it as it is. One that could not be opened is tried again whenever the
    /// workspace is read.
    pub(super) fn open_port(&mut self, asked: Option<SocketAddr>) {
        let is_open = self.port.listener.is_some();
        if asked == self.port.asked && asked.is_some() == is_open {
            return;
        }
        self.port.asked = asked;
        if let Some(listener) = self.port.listener.take() {
            self.port.is_closing = true;
            let inputs = self.inputs.clone();
            tokio::spawn(async move {
                listener.close().await;
                let _ = inputs.send(Input::PortClosed);
            });
        } else if !self.port.is_closing {
            self.bind_port();
        }
    }

    /// An earlier port is closed.
    pub(super) fn port_closed(&mut self) {
        self.port.is_closing = false;
        self.bind_port();
    }

    fn bind_port(&mut self) {
        let Some(address) = self.port.asked else {
            return self.port_moved(None, Level::Info, "engines elsewhere cannot attach any more".to_owned());
        };
        let file = self.home.folder.join(TOKEN_FILE);
        self.port.count += 1;
        let opened = token::keep(&file).and_then(|token| {
            // Connections of this host count from 1.
            let port =
                Port { token, artifacts: self.workshop.artifacts(), first: self.port.count * 1_000_000 };
            RemoteListener::open(address, port, self.inputs.clone()).map_err(|error| {
                format!(
                    "cannot listen at {address}: {error}. Choose another address in [remote] of liveline.toml"
                )
            })
        });
        match opened {
            Ok(listener) => {
                let (address, token) = (listener.address.to_string(), file.display().to_string());
                let reach = match listener.address.ip().is_loopback() {
                    true => "",
                    false => "; what goes over that network is authenticated, not encrypted",
                };
                let text = format!("engines elsewhere attach at {address} with the token in {token}{reach}");
                self.port.listener = Some(listener);
                self.port_moved(Some(status::Remote { address, token }), Level::Info, text);
            }
            Err(reason) => {
                self.port_moved(None, Level::Error, format!("engines elsewhere cannot attach: {reason}"));
            }
        }
    }

    fn port_moved(&mut self, remote: Option<status::Remote>, level: Level, text: String) {
        self.tell(&HubEvent::Message { level, text });
        self.handle(Event::Listens(remote));
    }
}
