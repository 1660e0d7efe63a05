//! Sockets: bound before the service is called ready, removed when it ends.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use super::limits::BACKLOG;
use super::tls::Tls;
use crate::config::Listen;

/// A bound socket.
#[derive(Debug)]
pub enum Bound {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener, PathBuf),
}

/// The file of a Unix socket, which stays behind unless it is removed.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    /// Removes it, if it is still the one that was made here.
    pub fn remove(self) {
        let same = |found: &fs::Metadata| (found.dev(), found.ino()) == self.identity;
        if fs::symlink_metadata(&self.path).as_ref().is_ok_and(same) {
            // It may be gone by now; then there is nothing to do.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What an address in use means.
const IN_USE: &str = "another program listens there already";

impl Bound {
    /// Binds `listen`.
    pub fn bind(listen: &Listen) -> Result<Self> {
        match listen {
            Listen::Address(address) => {
                let listener = TcpListener::bind(address).map_err(|error| explain(&error, &address.to_string()))?;
                rustix::net::listen(&listener, BACKLOG)?;
                Ok(Self::Tcp(listener))
            }
            Listen::Socket(path) => {
                remove_stale(path)?;
                let listener =
                    UnixListener::bind(path).map_err(|error| explain(&error, &path.display().to_string()))?;
                fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
                Ok(Self::Unix(listener, path.clone()))
            }
        }
    }

    /// The file of a Unix socket.
    pub fn file(&self) -> Option<SocketFile> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(_, path) => {
                let found = fs::symlink_metadata(path).ok()?;
                Some(SocketFile { path: path.clone(), identity: (found.dev(), found.ino()) })
            }
        }
    }

    /// How to reach it, if it speaks TLS or not.
    pub fn url(&self, tls: Option<&Tls>) -> Result<String> {
        Ok(match self {
            Self::Tcp(listener) => {
                let address = listener.local_addr()?;
                tls.map_or_else(|| format!("http://{address}"), |tls| tls.url(address))
            }
            Self::Unix(_, path) => format!("unix:{}", path.display()),
        })
    }

    /// The address at which its documents are found on this machine; of a Unix socket, the one that its clients use.
    pub fn base_url(&self) -> Result<String> {
        match self {
            Self::Tcp(_) => self.near_url(),
            Self::Unix(..) => Ok("http://localhost".to_owned()),
        }
    }

    /// How to reach it on this machine, without TLS.
    pub fn near_url(&self) -> Result<String> {
        let Self::Tcp(listener) = self else { return self.url(None) };
        Ok(format!("http://{}", near(listener.local_addr()?)))
    }
}

/// Who listens everywhere also listens here.
pub fn near(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// A socket file that nobody listens on is left over from a process that was killed.
fn remove_stale(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => match UnixStream::connect(path) {
            Ok(_) => Err(Error::new(ErrorKind::AddrInUse, format!("{}: {IN_USE}", path.display()))),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
            Err(error) => Err(Error::new(error.kind(), format!("{}: {IN_USE} ({error})", path.display()))),
        },
        Ok(_) => Err(Error::new(ErrorKind::AlreadyExists, format!("{} is there and is no socket", path.display()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn explain(error: &Error, what: &str) -> Error {
    let hint = match error.kind() {
        ErrorKind::AddrInUse => format!("{IN_USE}; choose another address, or port 0 for any free one"),
        _ => error.to_string(),
    };
    Error::new(error.kind(), format!("cannot listen on {what}: {hint}"))
}
