//! One attachment to a server, from `attach` to the end of the connection.

use std::path::Path;
use std::time::{Duration, Instant};

use liveline_protocol::PROTOCOL_VERSION;
use liveline_protocol::engine::{Api, Attach, Attached, Build, BuildState, Engine, Reload, Retired, method};
use liveline_protocol::message::{METHOD_NOT_FOUND, Message, parse_params};
use serde_json::{Value, json};

use crate::mode::answers::{Answers, Decision};
use crate::mode::crash::{self, Attendance};
use crate::mode::hang::{Sight, Watch};
use crate::mode::link::{Facts, Inbox, Order};
use crate::mode::loader::{self, Loader};
use crate::mode::mailbox::{Loaded, Mail, Mailbox};
use crate::mode::os::Wait;
use crate::mode::outbox::Report;
use crate::mode::transfer::Transfers;
use crate::mode::verdict::Refusal;
use crate::mode::wire::Wire;
use crate::mode::{endpoint, report, snapshot};
use crate::{BuildError, Event, Generation};

/// Between two reports of what ran.
const COUNT_EVERY: Duration = Duration::from_millis(500);
/// How long the farewell may take.
const FAREWELL: Duration = Duration::from_millis(150);

const ATTACH_ID: u64 = 1;
const DETACH_ID: u64 = 2;

/// One connection and what it works on.
pub(crate) struct Session<'a> {
    pub(crate) wire: Wire,
    pub(crate) facts: &'a Facts,
    pub(crate) api: &'a Result<Option<Api>, String>,
    pub(crate) mailbox: &'a Mailbox,
    pub(crate) inbox: &'a Inbox,
    pub(crate) answers: &'a mut Answers,
    pub(crate) loader: &'a mut Loader,
    /// Of a server on another host: artifacts on their way.
    pub(crate) transfers: &'a mut Transfers,
    /// Whether `attach` has been answered; false at first.
    pub(crate) attached: bool,
    /// Once attached: crashes are told.
    pub(crate) attendance: Option<Attendance>,
    /// Once attached: calls that do not return are told.
    pub(crate) hangs: Option<Watch>,
}

/// Why a session ended.
pub(crate) enum End {
    /// The game detached.
    Stopped,
    /// The connection cannot go on.
    Lost {
        reason: String,
        /// Whether `attach` had been answered.
        attached: bool,
    },
}

impl Session<'_> {
    /// Serves the connection until it ends.
    pub(crate) fn run(mut self) -> End {
        let end = self.serve();
        // They go on where they were when the server is found again.
        self.transfers.lost().iter().for_each(|reload| self.answers.withdraw(reload));
        match end {
            Ok(()) => End::Stopped,
            Err(reason) => End::Lost { reason, attached: self.attached },
        }
    }

    fn serve(&mut self) -> Result<(), String> {
        let mut due = Instant::now() + self.wire.patience();
        self.wire.send(&Message::request(ATTACH_ID, method::ATTACH, &self.attach()))?;
        loop {
            let ready = Wait {
                wake: self.inbox.wake(),
                server: Some(self.wire.stream()),
                to_write: self.wire.has_unsent(),
                timeout: self.until(due),
            }
            .run();
            let is_over = ready.woken && self.carry_out_orders()?;
            // After what came before it: that its generation runs, for one.
            self.tell_crash();
            if is_over {
                return Ok(());
            }
            self.tell_hangs()?;
            if ready.writable {
                self.wire.flush()?;
            }
            if ready.readable {
                self.read_messages()?;
                self.take_chunks()?;
            }
            self.wire.stay_alive(ready.readable)?;
            if Instant::now() >= due {
                if !self.attached {
                    return Err("the server does not answer".to_owned());
                }
                self.mailbox.ask_for_counts();
                due = Instant::now() + COUNT_EVERY;
            } else if self.attached {
                due = due.min(Instant::now() + COUNT_EVERY);
            }
        }
    }

    /// How long there is nothing to do by itself.
    fn until(&self, due: Instant) -> Duration {
        let next = self.hangs.as_ref().map_or(due, |hangs| hangs.next_look().min(due));
        next.saturating_duration_since(Instant::now())
    }

    /// Tells of a crash as long as the process lasts, which is until then.
    fn tell_crash(&mut self) {
        let Some(crash) = crash::take() else { return };
        let sent = self.report(Report::Fault(report::crashed(&crash)));
        self.flush_for_the_last_time(sent);
        crash::told();
    }

    fn tell_hangs(&mut self) -> Result<(), String> {
        let Some(hangs) = self.hangs.as_mut().filter(|hangs| hangs.next_look() <= Instant::now()) else {
            return Ok(());
        };
        for sight in hangs.look() {
            match sight {
                Sight::Hangs(hang) => {
                    let (fault, event) = report::hangs(&hang);
                    self.tell(event);
                    self.report(Report::Fault(fault))?;
                }
                Sight::Returned { function, after } => {
                    let message = format!("`{function}` returned after {:.1} s", after.as_secs_f64());
                    self.tell(Event::Trouble { message });
                }
            }
        }
        Ok(())
    }

    fn attach(&self) -> Attach {
        let executable = std::env::current_exe().unwrap_or_default();
        let name = executable.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let rustc = env!("LIVELINE_RUSTC");
        Attach {
            protocol: PROTOCOL_VERSION,
            engine: Engine { name, pid: std::process::id(), version: None },
            target: env!("LIVELINE_TARGET").to_owned(),
            // Plain functions may come from any compiler.
            rustc: (self.facts.interface.is_some() && !rustc.is_empty()).then(|| rustc.to_owned()),
            loaders: loader::kinds(),
            api: self.api.as_ref().ok().cloned().flatten(),
        }
    }

    /// Whether the game has ended.
    fn carry_out_orders(&mut self) -> Result<bool, String> {
        for order in self.inbox.take() {
            match order {
                Order::Stop => {
                    self.say_farewell();
                    return Ok(true);
                }
                Order::Report(report) => self.report(report)?,
                Order::Write { path, content } => self.write(&path, &content),
            }
        }
        Ok(false)
    }

    fn write(&self, path: &Path, content: &[u8]) {
        if let Err(error) = snapshot::write(path, content) {
            let message = format!("the scripts' state cannot be kept in {}: {error}", path.display());
            self.tell(Event::Trouble { message });
        }
    }

    fn report(&mut self, report: Report) -> Result<(), String> {
        let message = match report {
            Report::Reloaded(reloaded) => {
                self.answers.answer(&reloaded);
                self.loader.answered(&reloaded);
                Message::notification(method::RELOADED, &reloaded)
            }
            Report::Fault(fault) => Message::notification(method::FAULT, &fault),
            Report::Ran(ran) => Message::notification(method::RAN, &ran),
        };
        // Before the answer to `attach` the server would not know whom it hears.
        if self.attached { self.wire.send(&message) } else { Ok(()) }
    }

    fn say_farewell(&mut self) {
        let sent = self.wire.send(&Message::request(DETACH_ID, method::DETACH, &json!({})));
        self.flush_for_the_last_time(sent);
    }

    /// What was sent goes out, if the server takes it soon.
    fn flush_for_the_last_time(&mut self, mut sent: Result<(), String>) {
        let end = Instant::now() + FAREWELL;
        while sent.is_ok() && self.wire.has_unsent() && Instant::now() < end {
            let timeout = end.saturating_duration_since(Instant::now());
            Wait { wake: self.inbox.wake(), server: Some(self.wire.stream()), to_write: true, timeout }.run();
            sent = self.wire.flush();
        }
    }

    fn read_messages(&mut self) -> Result<(), String> {
        self.wire.receive()?;
        while let Some(message) = self.wire.next()? {
            match message {
                Message::Response { id, result } if id == json!(ATTACH_ID) => {
                    let answer = result.map_err(|error| error.message)?;
                    self.attached(parse_params(method::ATTACH, answer)?)?;
                }
                Message::Response { id, result: Err(error) } => self.cannot_fetch(&id, error.message)?,
                Message::Response { .. } => {}
                Message::Request { id, method, .. } => {
                    let text = format!("an engine knows no request `{method}`");
                    self.wire.send(&Message::failure(id, METHOD_NOT_FOUND, text))?;
                }
                Message::Notification { method, params } => self.notified(&method, params)?,
            }
        }
        Ok(())
    }

    fn attached(&mut self, answer: Attached) -> Result<(), String> {
        if answer.protocol != PROTOCOL_VERSION {
            return Err(endpoint::other_protocol(answer.protocol.into()));
        }
        if self.attached {
            return Err("the server answered `attach` twice".to_owned());
        }
        match self.wire.is_remote() {
            true => self.loader.open_remote()?,
            false => self.loader.open(Path::new(&answer.artifacts))?,
        }
        self.attached = true;
        self.attendance = Some(self.inbox.attend());
        if let Some(calls) = answer.probation {
            self.mailbox.put(Mail::Probation { calls });
        }
        self.hangs = Watch::new(answer.hang_millis.map(Duration::from_millis));
        let server = format!("{} {}", answer.server.name, answer.server.version);
        self.tell(Event::Attached { server, session: answer.session });
        answer.libraries.into_iter().try_for_each(|reload| self.announced(reload))?;
        self.mailbox.serve();
        Ok(())
    }

    fn notified(&mut self, name: &str, params: Value) -> Result<(), String> {
        // Before the answer to `attach` nothing is expected; a later server may say more.
        match name {
            method::BUILD if self.attached => match parse_params(name, params) {
                Ok(build) => self.tell(build_event(build)),
                Err(message) => self.tell(Event::Trouble { message }),
            },
            method::RELOAD if self.attached => match parse_params(name, params) {
                Ok(reload) => self.announced(reload)?,
                Err(message) => self.tell(Event::Trouble { message }),
            },
            method::SNAPSHOT if self.attached => self.mailbox.put(Mail::SnapshotDue),
            method::RETIRED if self.attached => match parse_params::<Retired>(name, params) {
                Ok(retired) => {
                    self.answers.forget(&retired.library);
                    self.mailbox.put(Mail::Retired { library: retired.library });
                }
                Err(message) => self.tell(Event::Trouble { message }),
            },
            _ => {}
        }
        Ok(())
    }

    fn announced(&mut self, reload: Reload) -> Result<(), String> {
        if self.wire.is_remote() { self.announced_from_afar(reload) } else { self.reload(&reload) }
    }

    pub(super) fn reload(&mut self, reload: &Reload) -> Result<(), String> {
        match self.answers.announce(reload) {
            Decision::Wait => Ok(()),
            Decision::Repeat(answer) => self.wire.send(&Message::notification(method::RELOADED, &*answer)),
            Decision::Renumber => {
                let (library, generation) = (reload.library.clone(), Generation(reload.generation.0));
                self.loader.renumber(&library, generation);
                self.mailbox.put(Mail::Renumbered { library, generation });
                Ok(())
            }
            Decision::Load if self.wire.is_remote() => self.fetch(reload),
            Decision::Load => {
                let start = Instant::now();
                let loaded = self.loader.load(reload, self.facts, self.api);
                self.put(reload, loaded, start)
            }
        }
    }

    /// Hands code to the game, or tells why there is none.
    pub(super) fn put(
        &mut self,
        reload: &Reload,
        loaded: Result<Loaded, Refusal>,
        start: Instant,
    ) -> Result<(), String> {
        match loaded {
            Ok(loaded) => {
                self.mailbox.put(Mail::Loaded(loaded));
                Ok(())
            }
            Err(refusal) => self.refuse(reload, refusal, start.elapsed()),
        }
    }

    pub(super) fn refuse(&mut self, reload: &Reload, refusal: Refusal, load: Duration) -> Result<(), String> {
        let (library, generation) = (reload.library.clone(), Generation(reload.generation.0));
        let answer = refusal.answer(&library, generation, load, Duration::ZERO);
        self.tell(Event::Refused { library, generation, reason: refusal.reason });
        self.report(Report::Reloaded(answer))
    }

    fn tell(&self, event: Event) {
        self.mailbox.put(Mail::Event(event));
    }
}

fn build_event(build: Build) -> Event {
    let Build { library, errors, warnings, .. } = build;
    match build.state {
        BuildState::Started => Event::BuildStarted { library },
        BuildState::Succeeded => Event::BuildSucceeded { library, warnings },
        BuildState::Cancelled => Event::BuildCancelled { library },
        BuildState::Failed => {
            let first = build.first.map(|first| BuildError {
                file: first.file,
                line: first.line,
                column: first.column,
                message: first.message,
            });
            Event::BuildFailed { library, errors, first }
        }
    }
}
