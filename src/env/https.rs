//! Fetches documents over HTTPS: no redirects, no proxies, no compression, and never from an address that was not looked
//! at.
//!
//! The address is looked up once and checked, and that very address is connected to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, TcpConnector, Transport, TransportAdapter,
};
use ureq::{Agent, Error};

use super::certificates::{Authorities, UnknownThumbprint};
use super::key_fetch::{Document, FetchFault, KeyFetch, Wish};
use super::reach::Reach;

/// How long a host may take to answer a call for a connection.
const CONNECT: Duration = Duration::from_secs(1);
/// The longest head of an answer.
const LONGEST_HEAD: usize = 16 * 1024;
const BUFFER: usize = 16 * 1024;

/// The network.
#[derive(Clone, Debug)]
pub struct Https {
    authorities: Authorities,
    private_hosts: Vec<String>,
}

impl Https {
    /// The network, with hosts of one's own beside the public ones.
    pub fn new(authorities: Authorities, private_hosts: Vec<String>) -> Self {
        Self { authorities, private_hosts }
    }

    /// Whether the documents of an issuer would be asked for at all; where its host is, is seen only then.
    pub fn would_ask(&self, issuer: &str) -> Result<(), FetchFault> {
        let uri: Uri = issuer.parse().map_err(|_| FetchFault::BadUrl)?;
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return Err(FetchFault::BadUrl) };
        Reach::of(scheme, host, host, &self.private_hosts).map(|_| ())
    }
}

impl KeyFetch for Https {
    #[expect(clippy::disallowed_methods, reason = "the one place that waits for others")]
    fn get(&self, wish: &Wish<'_>) -> Result<Document, FetchFault> {
        let began = Instant::now();
        let uri: Uri = wish.url.parse().map_err(|_| FetchFault::BadUrl)?;
        let issuer: Uri = wish.issuer.parse().map_err(|_| FetchFault::BadUrl)?;
        let (Some(scheme), Some(host), Some(issuer_host)) = (uri.scheme_str(), uri.host(), issuer.host()) else {
            return Err(FetchFault::BadUrl);
        };
        let reach = Reach::of(scheme, host, issuer_host, &self.private_hosts)?;
        let tls = self.authorities.client(wish.thumbprints);
        let tls = Tls(Arc::new(tls.map_err(|error| FetchFault::Certificate(error.to_string()))?));
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .accept("application/json")
            .accept_encoding("identity")
            .user_agent(concat!("local-sts/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(LONGEST_HEAD)
            .max_idle_connections(0)
            .timeout_global(Some(wish.patience))
            .timeout_connect(Some(CONNECT.min(wish.patience)))
            .build();
        let connector = ().chain(TcpConnector::default()).chain(tls);
        let agent = Agent::with_parts(config, connector, Checked { reach, names: DefaultResolver::default() });
        let mut answer = agent.get(uri).call().map_err(fault)?;
        if answer.status() != 200 {
            return Err(FetchFault::Status(answer.status().as_u16()));
        }
        let header = |name: &str| {
            let values = answer.headers().get_all(name).iter();
            values.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ")
        };
        if !matches!(header("content-encoding").as_str(), "" | "identity") {
            return Err(FetchFault::Compressed);
        }
        if answer.body().content_length().is_some_and(|length| length > wish.longest as u64) {
            return Err(FetchFault::TooLong);
        }
        let caching = format!("{}, {}", header("cache-control"), header("pragma"));
        // ATTACK: reading ends at the bound, whatever length was announced.
        let body = answer.body_mut().with_config().limit(wish.longest as u64).read_to_vec().map_err(fault)?;
        Ok(Document { body, caching, took: began.elapsed() })
    }
}

/// Looks names up, and refuses what they must not lead to.
#[derive(derive_more::Debug)]
#[debug("Checked(..)")]
struct Checked<Names> {
    reach: Reach,
    names: Names,
}

impl<Names: Resolver> Resolver for Checked<Names> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        // ATTACK: one address that must not be is enough: whoever mixes it in means no good.
        match found.iter().find(|address| !self.reach.admits(address.ip())) {
            Some(address) => Err(Error::Other(Box::new(Refused(FetchFault::NotPublic(address.ip()))))),
            None => Ok(found),
        }
    }
}

/// Speaks TLS over a connection that is to a host of `https`.
#[derive(derive_more::Debug)]
#[debug("Tls(..)")]
struct Tls(Arc<ClientConfig>);

impl<In: Transport> Connector<In> for Tls {
    type Out = Either<In, Encrypted>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = details.uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| Error::Other(Box::new(Refused(FetchFault::BadUrl))))?;
        let broken = |error: rustls::Error| Error::Io(std::io::Error::other(error));
        let mut connection = ClientConnection::new(Arc::clone(&self.0), name).map_err(broken)?;
        let boxed: Box<dyn Transport> = Box::new(transport);
        let mut socket = TransportAdapter::new(boxed, Arc::clone(&details.current_time));
        socket.set_timeout(details.timeout);
        connection.complete_io(&mut socket)?;
        let stream = StreamOwned::new(connection, socket);
        Ok(Some(Either::B(Encrypted { buffers: LazyBuffers::new(BUFFER, BUFFER), stream })))
    }
}

/// A connection under TLS.
#[derive(derive_more::Debug)]
#[debug("Encrypted(..)")]
struct Encrypted {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Transport for Encrypted {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        use std::io::Write as _;
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output();
        self.stream.write_all(output.get(..amount).unwrap_or_default())?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        use std::io::Read as _;
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        // Each connection serves one document.
        false
    }

    fn is_tls(&self) -> bool {
        true
    }
}

/// A refusal of ours on its way through the client.
#[derive(Debug, derive_more::Display)]
struct Refused(FetchFault);

impl std::error::Error for Refused {}

fn fault(error: Error) -> FetchFault {
    match error {
        Error::Timeout(_) => FetchFault::Late,
        Error::BodyExceedsLimit(_) | Error::LargeResponseHeader(..) => FetchFault::TooLong,
        Error::BadUri(_) | Error::Http(_) => FetchFault::BadUrl,
        Error::Other(other) => match other.downcast::<Refused>() {
            Ok(refused) => refused.0,
            Err(other) => FetchFault::Unreachable(other.to_string()),
        },
        Error::Io(error) => broken_off(&error),
        error => FetchFault::Unreachable(error.to_string()),
    }
}

fn broken_off(error: &std::io::Error) -> FetchFault {
    let inner = error.get_ref();
    if let Some(Error::Timeout(_)) = inner.and_then(|inner| inner.downcast_ref::<Error>()) {
        return FetchFault::Late;
    }
    match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other))) => {
            match other.0.downcast_ref::<UnknownThumbprint>() {
                Some(unknown) => FetchFault::Thumbprint { found: unknown.0.clone() },
                None => FetchFault::Certificate(other.to_string()),
            }
        }
        Some(rustls::Error::InvalidCertificate(why)) => FetchFault::Certificate(why.to_string()),
        _ if error.kind() == std::io::ErrorKind::TimedOut => FetchFault::Late,
        _ => FetchFault::Unreachable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};
    use std::sync::Mutex;

    use ureq::config::Config;

    use super::*;

    /// A name server whose answers change with every question.
    #[derive(Debug)]
    struct Changing(Mutex<Vec<&'static [&'static str]>>);

    impl Resolver for Changing {
        fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
            let mut found = self.empty();
            for address in self.0.lock().unwrap().remove(0) {
                found.push(SocketAddr::new(address.parse::<IpAddr>().unwrap(), 443));
            }
            Ok(found)
        }
    }

    #[track_caller]
    fn check(reach: Reach, answers: &[&'static [&'static str]], expect: Result<&str, &str>) {
        let names = Checked { reach, names: Changing(Mutex::new(answers.to_vec())) };
        let timeout = NextTimeout::default();
        let found = names.resolve(&Uri::from_static("https://issuer.example"), &Config::default(), timeout);
        let found =
            found.map(|found| found.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(" "));
        let found = found.map_err(|error| match fault(error) {
            FetchFault::NotPublic(address) => address.to_string(),
            other => panic!("{other:?}"),
        });
        assert_eq!(found.as_deref().map_err(String::as_str), expect);
        assert_eq!(names.names.0.lock().unwrap().len(), answers.len() - 1, "the name is looked up once");
    }

    /// What is connected to is what was looked at; what the name says a moment later does not matter.
    #[test]
    fn a_name_is_looked_up_once_and_every_address_of_it_is_looked_at() {
        check(Reach::Public, &[&["93.184.215.14"], &["127.0.0.1"]], Ok("93.184.215.14"));
        check(Reach::Public, &[&["127.0.0.1"], &["93.184.215.14"]], Err("127.0.0.1"));
        check(Reach::Public, &[&["93.184.215.14", "169.254.169.254"]], Err("169.254.169.254"));
        check(Reach::Public, &[&["93.184.215.14", "::ffff:10.0.0.1"]], Err("::ffff:10.0.0.1"));
        check(Reach::OwnMachine, &[&["127.0.0.1", "::1"]], Ok("127.0.0.1 ::1"));
        check(Reach::OwnMachine, &[&["93.184.215.14"]], Err("93.184.215.14"));
        check(Reach::Private, &[&["10.0.0.1"], &["169.254.169.254"]], Ok("10.0.0.1"));
        check(Reach::Private, &[&["169.254.169.254"]], Err("169.254.169.254"));
    }
}
