//! Ends connections whose clients have gone quiet, between requests or in the middle of one.
//!
//! WHY: the framework times the head of the first request of a connection, and not of those that follow; and the timer by
//! which it would end idle ones is set anew by each request, which takes longer than a note of when one was last heard.

use std::any::Any;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use actix_http::{ConnectionType, Request};
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::HttpResponse;
use actix_web::dev::Extensions;
use actix_web::rt::net::{TcpStream, UnixStream};

use super::limits::{KEEP_ALIVE, REAP_INTERVAL};

/// One open connection. Its second descriptor goes with it.
#[derive(Debug)]
struct Connection {
    socket: OwnedFd,
    listener: Arc<Listener>,
    /// The round in which it was last active; [`ENDED`] from when it is ended on.
    last_active: AtomicU32,
}

/// What the connections of a listener share.
#[derive(Debug)]
struct Listener {
    name: &'static str,
    /// So many are served at once; who comes then has to wait.
    most: usize,
    is_full: AtomicBool,
    /// How often the connections were looked through: no clock that somebody sets can shorten or lengthen anybody's time.
    round: AtomicU32,
}

/// All open connections of a listener.
#[derive(Clone)]
pub struct Connections {
    open: Arc<Mutex<Vec<Weak<Connection>>>>,
    listener: Arc<Listener>,
}

impl Connections {
    /// Those of the listener of this name, of which so many are served at once.
    pub fn of(name: &'static str, most: usize) -> Self {
        let (is_full, round) = Default::default();
        Self { open: Arc::default(), listener: Arc::new(Listener { name, most, is_full, round }) }
    }

    /// Takes note of a connection, and has it carry its note.
    pub fn opened(&self, stream: &dyn Any, data: &mut Extensions) {
        let tls = || stream.downcast_ref::<TlsStream<TcpStream>>().map(|stream| stream.get_ref().0);
        let tcp = stream.downcast_ref::<TcpStream>().or_else(tls).map(AsFd::as_fd);
        let socket = tcp.or_else(|| stream.downcast_ref::<UnixStream>().map(AsFd::as_fd));
        // Without a descriptor to spare nobody can end it from here: it ends with its first answer.
        let Some(Ok(socket)) = socket.map(|socket| socket.try_clone_to_owned()) else { return };
        let last_active = AtomicU32::new(self.listener.round.load(Ordering::Relaxed));
        let connection = Arc::new(Connection { socket, listener: Arc::clone(&self.listener), last_active });
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(Arc::downgrade(&connection));
        data.insert(connection);
    }

    /// Shuts what has been quiet for longer than a connection is kept. To be called once in every interval.
    pub fn reap(&self) {
        // INVARIANT: nobody is heard in a round that is still to come.
        let round = self.listener.round.fetch_add(1, Ordering::Relaxed) + 1;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| {
            let Some(connection) = connection.upgrade() else { return false };
            let last = connection.last_active.load(Ordering::Relaxed);
            let is_quiet = last != ENDED && round.wrapping_sub(last) > PATIENCE;
            let ends = || connection.last_active.compare_exchange(last, ENDED, Ordering::Relaxed, Ordering::Relaxed);
            if is_quiet && ends().is_ok() {
                // It may have been closed from the other side in this very moment.
                let _ = rustix::net::shutdown(&connection.socket, rustix::net::Shutdown::Both);
            }
            true
        });
        let (Listener { name, most, is_full, .. }, count) = (&*self.listener, open.len());
        drop(open);
        if count < *most {
            is_full.store(false, Ordering::Relaxed);
        } else if !is_full.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the {name} listener serves {most} connections, as many as it can: whoever comes now waits until one is \
                 closed; more files that may be open (ulimit -n) are more connections"
            );
        }
    }
}

/// A round that never comes.
const ENDED: u32 = u32::MAX;

/// In so many rounds a connection has been quiet for long enough.
const PATIENCE: u32 = (KEEP_ALIVE.as_secs() / REAP_INTERVAL.as_secs()) as u32;

/// The connection of a request, to take note of what happens on it later.
#[derive(Clone)]
pub struct Watched(Arc<Connection>);

/// The connection that `request` came over.
pub fn watched(request: &Request) -> Option<Watched> {
    request.conn_data::<Arc<Connection>>().cloned().map(Watched)
}

impl Watched {
    /// Takes note that the connection is in use, unless it was ended.
    pub fn heard(&self) {
        let _ = self.0.heard();
    }
}

impl Connection {
    /// Whether it goes on.
    fn heard(&self) -> bool {
        let (last, round) = (self.last_active.load(Ordering::Relaxed), self.listener.round.load(Ordering::Relaxed));
        let noted = || self.last_active.compare_exchange(last, round, Ordering::Relaxed, Ordering::Relaxed);
        last == round || (last != ENDED && noted().is_ok())
    }
}

/// What becomes of a connection over which a whole request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It goes on.
    Kept,
    /// Nobody watches it, so it goes no further than the answer.
    Once,
    /// It was ended while the request came: nothing is to be done, for nobody would hear of it.
    Over,
}

impl Heard {
    /// The answer, behind which a connection that nobody watches ends.
    pub fn told(self, mut response: HttpResponse) -> HttpResponse {
        if self != Self::Kept {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    }
}

/// Takes note that a whole request has come over its connection.
pub fn heard(request: &Request) -> Heard {
    match request.conn_data::<Arc<Connection>>() {
        Some(connection) if connection.heard() => Heard::Kept,
        Some(_) => Heard::Over,
        None => Heard::Once,
    }
}

/// Cuts the connection of a request: whatever is answered does not arrive.
pub fn cut(request: &Request) {
    if let Some(connection) = request.conn_data::<Arc<Connection>>() {
        // A connection that lingers for no time says that it was reset; a socket of this machine just ends.
        let _ = rustix::net::sockopt::set_socket_linger(&connection.socket, Some(Duration::ZERO));
        let _ = rustix::net::shutdown(&connection.socket, rustix::net::Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_heard_stays_and_nothing_comes_over_what_was_ended() {
        actix_web::rt::System::new().block_on(async {
            let connections = Connections::of("aws", 2);
            let open = || {
                let (ours, theirs) = UnixStream::pair().unwrap();
                let mut data = Extensions::new();
                connections.opened(&ours, &mut data);
                (data.get::<Arc<Connection>>().cloned().unwrap(), ours, theirs)
            };
            let (quiet, used) = (open(), open());
            for _ in 0..PATIENCE {
                connections.reap();
                assert!(used.0.heard());
            }
            connections.reap();
            quiet.2.readable().await.unwrap();
            assert_eq!(quiet.2.try_read(&mut [0]).unwrap(), 0, "the other side sees the end");
            assert!(!quiet.0.heard() && used.0.heard());
            connections.reap();
            assert!(!quiet.0.heard() && used.0.heard());
        });
    }
}
