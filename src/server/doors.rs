//! The doors of one service: bound before anybody is told, served within a runtime, closed again in order.
//!
//! Nothing here touches what belongs to the whole process: signals, standard output, the umask, limits, the log. So a
//! process can have as many as it likes.

use std::convert::Infallible;
use std::sync::Arc;

use actix_http::{KeepAlive, Payload, Request};
use actix_web::dev::{Server, ServerHandle, fn_service};
use actix_web::{HttpResponse, HttpServer, web};
use rustix::process::Resource;
use tokio::sync::{Semaphore, watch};

use super::companion::{self, Companion};
use super::connections::Connections;
use super::console::Console;
use super::delivery::{self, Addresses, Counter};
use super::guard::Guard;
use super::listen::{Bound, SocketFile};
use super::tls::Tls;
use super::{aws, limits};
use crate::api::{World, token_keys};
use crate::config::Config;
use crate::delivery::Delivery;
use crate::ids::IssuerBase;
use crate::journal::Journal;
use crate::service::Service;
use crate::validator::{Settings, ToldLately};

/// Why a service does not start.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A service and its sockets, which are bound and not yet answered.
pub struct Doors {
    place: Arc<Place>,
    aws: Bound,
    companion: Bound,
    delivery: Option<(Bound, Vec<String>)>,
    guard: Guard,
    settings: Settings,
    crowd: Crowd,
}

/// A service and where it is.
pub struct Place {
    /// What is behind the doors.
    pub service: Arc<Service>,
    /// How AWS clients reach it.
    pub aws_url: String,
    /// How the companion is reached.
    pub companion_url: String,
    /// Where SDKs fetch credentials, if anywhere.
    pub delivery_url: Option<String>,
    /// How the aws listener speaks TLS, if it does.
    pub tls: Option<Tls>,
}

/// A service that is served, until it is told to stop.
pub struct Running {
    servers: Vec<Server>,
    stop: watch::Sender<bool>,
}

/// How to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Once what is in flight is answered.
    Answering,
    /// At once.
    Now,
}

/// The sockets of a service, bound before its state is opened: if it cannot listen, it need not wait for that.
pub struct Sockets {
    aws: Bound,
    companion: Bound,
    delivery: Option<Bound>,
    tls: Option<Tls>,
}

impl Sockets {
    /// Binds them.
    pub fn bind(config: &Config) -> Result<Self, Failure> {
        let tls = config.tls.as_ref().map(Tls::read).transpose()?;
        let (aws, companion) = (Bound::bind(&config.aws_listen)?, Bound::bind(&config.companion_listen)?);
        Ok(Self { aws, companion, delivery: config.delivery_listen.as_ref().map(Bound::bind).transpose()?, tls })
    }
}

impl Doors {
    /// Doors to this world. At most `workers` serve each of them, beside each other.
    pub fn of(
        mut world: World,
        sockets: Sockets,
        guard: Guard,
        config: &Config,
        workers: usize,
    ) -> Result<Self, Failure> {
        let Sockets { aws, companion, delivery, tls } = sockets;
        let crowd = Crowd::within(descriptors(), 2 + u64::from(delivery.is_some()), workers)?;
        world.issuer_url = match &config.issuer_url {
            Some(url) => IssuerBase::Fixed(url.clone()),
            None => IssuerBase::AsCalled(companion.base_url()?),
        };
        let (aws_url, companion_url) = (aws.url(tls.as_ref())?, companion.url(None)?);
        let service = Arc::new(Service::new(world).with_journal(Journal::of(config.journal)));
        let delivery_url = delivery.as_ref().map(|bound| bound.url(None)).transpose()?;
        let place = Arc::new(Place { service, aws_url, companion_url, delivery_url, tls });
        let delivery = delivery.map(|bound| (bound, config.companion_hosts.clone()));
        Ok(Self { place, aws, companion, delivery, guard, settings: config.validator, crowd })
    }

    /// Where they are, and what is behind them.
    pub fn place(&self) -> Arc<Place> {
        Arc::clone(&self.place)
    }

    /// The files that stay behind unless somebody removes them.
    pub fn socket_files(&self) -> Vec<SocketFile> {
        let delivery = self.delivery.iter().map(|(bound, _)| bound);
        [&self.aws, &self.companion].into_iter().chain(delivery).filter_map(Bound::file).collect()
    }

    /// Answers whoever comes from now on. Within a runtime of the framework's.
    pub fn serve(self) -> Result<Running, Failure> {
        let (Place { service, tls, .. }, crowd) = (&*self.place, self.crowd);
        let (served, secure) = (Arc::clone(service), tls.is_some());
        let aws = listen("aws", self.aws, tls.as_ref(), crowd, move |request, payload| {
            aws::answer(request, payload, Arc::clone(&served), secure)
        })?;
        let (stop, stopping) = watch::channel(false);
        let companion_state = Arc::new(Companion {
            service: Arc::clone(service),
            guard: self.guard,
            settings: self.settings,
            told: ToldLately::default(),
            console: Console::new(service.world().entropy.as_ref()),
            streams: Arc::new(Semaphore::new(limits::EVENT_STREAMS)),
            sign_ins: Arc::new(Semaphore::new(limits::SIGN_INS)),
            addresses: Addresses {
                aws: self.place.aws_url.clone(),
                companion: self.place.companion_url.clone(),
                delivery: self.place.delivery_url.clone(),
                delivery_near: self.delivery.as_ref().map(|(bound, _)| bound.near_url()).transpose()?,
                ca_bundle: tls.as_ref().and_then(Tls::bundle),
            },
            stopping,
        });
        let companion = listen("companion", self.companion, None, crowd, move |request, payload| {
            companion::answer(request, payload, Arc::clone(&companion_state))
        })?;
        let delivery = self.delivery.map(|(bound, hosts)| {
            let counter = Arc::new(Counter { service: Arc::clone(service), delivery: Delivery::default(), hosts });
            listen("delivery", bound, None, crowd, move |request, payload| {
                delivery::answer(request, payload, Arc::clone(&counter))
            })
        });
        service.world().ledger.begin();
        actix_web::rt::spawn(sweep_now_and_then(Arc::clone(service)));
        Ok(Running {
            servers: [Some(aws), Some(companion), delivery.transpose()?].into_iter().flatten().collect(),
            stop,
        })
    }
}

impl Running {
    /// Serves until `told_to_stop` resolves, and then until all is closed.
    pub async fn until(self, told_to_stop: impl Future<Output = ()> + 'static, how: Stop) -> Result<(), Failure> {
        let Self { servers, stop } = self;
        let handles: Vec<ServerHandle> = servers.iter().map(Server::handle).collect();
        let running: Vec<_> = servers.into_iter().map(actix_web::rt::spawn).collect();
        actix_web::rt::spawn(async move {
            told_to_stop.await;
            let graceful = how == Stop::Answering;
            if graceful {
                tracing::info!("stopping: answering what is in flight");
            }
            stop.send_replace(true);
            for handle in handles {
                // They stop beside each other; each server tells below what became of it.
                actix_web::rt::spawn(handle.stop(graceful));
            }
        });
        for server in running {
            server.await??;
        }
        Ok(())
    }
}

/// As many workers as there is to be had of the machine.
pub fn usual_workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Who serves a listener, and how many they serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Crowd {
    workers: usize,
    /// Connections of each worker.
    connections: usize,
}

impl Crowd {
    /// As many workers as there are descriptors for, and as many connections.
    fn within(descriptors: u64, listeners: u64, workers: usize) -> Result<Self, Failure> {
        let room = |workers: usize| {
            let serving = workers as u64 * listeners;
            let free = descriptors.checked_sub(limits::OWN_DESCRIPTORS + serving * limits::WORKER_DESCRIPTORS)?;
            let connections = free / (serving * limits::CONNECTION_DESCRIPTORS);
            let connections =
                (connections >= limits::FEWEST_CONNECTIONS).then_some(connections.min(limits::CONNECTIONS))?;
            Some(Self { workers, connections: usize::try_from(connections).ok()? })
        };
        (1..=workers).rev().find_map(room).ok_or_else(|| {
            format!("this process may open {descriptors} files, which is too few to serve anybody: allow it 1024 (ulimit -n 1024)")
                .into()
        })
    }

    fn most(self) -> usize {
        self.workers * self.connections
    }
}

/// What a listener answers, always, as the framework wants it.
pub type Answer = Result<HttpResponse, Infallible>;

/// A listener that answers every request by `answer`.
fn listen<A, F>(name: &'static str, bound: Bound, tls: Option<&Tls>, crowd: Crowd, answer: A) -> Result<Server, Failure>
where
    A: Fn(Request, Payload) -> F + Clone + Send + 'static,
    F: Future<Output = Answer> + 'static,
{
    let connections = Connections::of(name, crowd.most());
    let opened = connections.clone();
    actix_web::rt::spawn(reap_now_and_then(connections));
    // WHY: there is nothing to route, and the framework's router takes as long as a signature.
    let handler = move || {
        let answer = answer.clone();
        fn_service(move |mut request: Request| {
            let payload = request.take_payload();
            answer(request, payload)
        })
    };
    // WHY: `connections` ends those that go quiet, for less than a timer that each request sets anew; but only the framework
    // takes leave of a client as TLS has it.
    let keep_alive = if tls.is_some() { KeepAlive::Timeout(limits::KEEP_ALIVE) } else { KeepAlive::Os };
    let server =
        HttpServer::new(handler).workers(crowd.workers).on_connect(move |stream, data| opened.opened(stream, data));
    let server = match (bound, tls) {
        (Bound::Tcp(listener), None) => server.listen(listener)?,
        // ATTACK: who begins to agree on TLS and goes no further takes the place of one connection, and not for long.
        (Bound::Tcp(listener), Some(tls)) => server
            .tls_handshake_timeout(limits::HANDSHAKE_TIMEOUT)
            .max_connection_rate(crowd.connections)
            .listen_rustls_0_23(listener, tls.config.clone())?,
        (Bound::Unix(listener, _), _) => server.listen_uds(listener)?,
    };
    Ok(server
        .disable_signals()
        .client_request_timeout(limits::HEAD_TIMEOUT)
        .keep_alive(keep_alive)
        .max_connections(crowd.connections)
        .shutdown_timeout(limits::SHUTDOWN_SECONDS)
        .run())
}

/// How many descriptors this process may have.
fn descriptors() -> u64 {
    rustix::process::getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Ends connections whose clients have gone quiet.
async fn reap_now_and_then(connections: Connections) {
    loop {
        actix_web::rt::time::sleep(limits::REAP_INTERVAL).await;
        connections.reap();
    }
}

/// Forgets codes and assertions that were used long ago, and makes keys before somebody has to wait for them.
async fn sweep_now_and_then(service: Arc<Service>) {
    loop {
        settle_token_keys(&service).await;
        actix_web::rt::time::sleep(limits::SWEEP_INTERVAL).await;
        if let Err(error) = service.world().sweep() {
            tracing::error!("what was used long ago could not be forgotten: {error}");
        }
    }
}

/// Off the road of requests: making a key of RSA takes its time.
async fn settle_token_keys(service: &Arc<Service>) {
    for issuer in token_keys::unsettled_outbound(service.world()) {
        let service = Arc::clone(service);
        let settled = web::block(move || token_keys::settled(service.world(), issuer, token_keys::outbound)).await;
        let Ok(Err(error)) = settled else { continue };
        tracing::error!("the keys by which accounts sign tokens could not be stored: {error}");
    }
}
