//! Ends connections whose clients have gone quiet in the middle of a request.
//!
//! WHY: the framework times the head of the first request of a connection, and not of those that follow.

use std::any::Any;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use actix_http::Request;
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::{TcpStream, UnixStream};

use super::limits::KEEP_ALIVE;
use crate::api::World;

/// One open connection. Its second descriptor goes with it.
#[derive(Debug)]
struct Connection {
    socket: OwnedFd,
    /// Milliseconds of the machine's clock.
    last_active: AtomicI64,
}

/// All open connections of a listener.
#[derive(Clone, Default)]
pub struct Connections(Arc<Mutex<Vec<Weak<Connection>>>>);

impl Connections {
    /// Takes note of a connection, and has it carry its note.
    pub fn opened(&self, stream: &dyn Any, data: &mut Extensions, world: &World) {
        let tls = || stream.downcast_ref::<TlsStream<TcpStream>>().map(|stream| stream.get_ref().0);
        let tcp = stream.downcast_ref::<TcpStream>().or_else(tls).map(AsFd::as_fd);
        let socket = tcp.or_else(|| stream.downcast_ref::<UnixStream>().map(AsFd::as_fd));
        // Without a descriptor to spare the connection goes on, watched by the framework alone.
        let Some(Ok(socket)) = socket.map(|socket| socket.try_clone_to_owned()) else { return };
        let connection = Arc::new(Connection { socket, last_active: AtomicI64::new(now(world)) });
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(Arc::downgrade(&connection));
        data.insert(connection);
    }

    /// Shuts what has been quiet for longer than a connection is kept.
    pub fn reap(&self, world: &World) {
        let patience = i64::try_from(KEEP_ALIVE.as_millis()).unwrap_or(i64::MAX);
        let quiet_since = now(world).saturating_sub(patience);
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| {
            let Some(connection) = connection.upgrade() else { return false };
            if connection.last_active.load(Ordering::Relaxed) < quiet_since {
                // It may have been closed from the other side in this very moment.
                let _ = rustix::net::shutdown(&connection.socket, rustix::net::Shutdown::Both);
            }
            true
        });
    }
}

/// The connection of a request, to take note of what happens on it later.
#[derive(Clone)]
pub struct Watched(Arc<Connection>);

/// The connection that `request` came over.
pub fn watched(request: &Request) -> Option<Watched> {
    request.conn_data::<Arc<Connection>>().cloned().map(Watched)
}

impl Watched {
    /// Takes note that the connection is in use.
    pub fn heard(&self, world: &World) {
        self.0.last_active.store(now(world), Ordering::Relaxed);
    }
}

/// Takes note that a whole request has come over its connection.
pub fn heard(request: &Request, world: &World) {
    if let Some(connection) = request.conn_data::<Arc<Connection>>() {
        connection.last_active.store(now(world), Ordering::Relaxed);
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

fn now(world: &World) -> i64 {
    world.now().machine.millis()
}
