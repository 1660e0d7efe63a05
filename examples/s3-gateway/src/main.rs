//! A real S3 server over a directory. Who asks, and what they may do, it lets the validator of local-sts say.
//!
//! `door` finds out who sent a request and proves its body, `gateway` asks before every operation, `asks` is the table
//! of what S3 asks for what, and s3s and s3s-fs do the rest.

mod arrival;
mod asks;
mod bucket_policy;
mod door;
mod gateway;
mod listing;
mod malformed;
mod operations;
mod records;
mod sums;
mod tags;
mod words;

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use local_sts::client::{Client, Endpoint, Settings};
use local_sts::secret::Secret;
use s3s::host::SingleDomain;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use door::Door;
use gateway::Gateway;
use records::Records;

/// A real S3 server over a directory, guarded by local-sts.
#[derive(Debug, Parser)]
#[command(name = "s3-gateway", version)]
struct Options {
    /// Where S3 clients connect; port 0 for any free one.
    #[arg(long, env = "S3_GATEWAY_LISTEN", default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// Where the companion of local-sts listens: http://HOST:PORT or unix:PATH.
    #[arg(long, env = "S3_GATEWAY_VALIDATOR", default_value = "http://127.0.0.1:4593")]
    validator: Endpoint,
    /// The token for the companion: `companion.token` in the data directory of local-sts, or the file that was given
    /// to it. Without one every signature is asked about, and signed chunks are refused.
    #[arg(long, env = "S3_GATEWAY_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The account that owns the directories that were here before.
    #[arg(long, env = "S3_GATEWAY_OWNER", value_name = "ACCOUNT", default_value = "000000000000")]
    owner: String,
    /// Take BUCKET.DOMAIN for a bucket, as AWS does.
    #[arg(long, env = "S3_GATEWAY_DOMAIN")]
    domain: Option<String>,
    /// What to log.
    #[arg(long, env = "S3_GATEWAY_LOG", default_value = "info,s3s=off")]
    log: String,
    /// The directory. Its directories are buckets.
    #[arg(env = "S3_GATEWAY_DIRECTORY")]
    directory: PathBuf,
}

/// How long a validator that starts beside us is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a client may take for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(&options.log)?).with_writer(std::io::stderr).init();
    let client = Client::start(Settings { token: token(&options)?, ..Settings::for_service("s3", options.validator) });
    let records = Records::open(&options.directory, &options.owner)?;
    let gateway = Gateway::new(&options.directory, records, client.clone())?;
    let mut builder = S3ServiceBuilder::new(gateway);
    if let Some(domain) = &options.domain {
        builder.set_host(SingleDomain::new(domain)?);
    }
    let door = Arc::new(Door::new(client.clone(), builder.build()));
    let listener = TcpListener::bind(options.listen).await?;
    println!("ready http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        if let Err(why) = client.ready(PATIENCE).await {
            tracing::error!(cause = %why, "everything is refused until the validator answers");
        }
    });
    serve(listener, door).await
}

fn token(options: &Options) -> Result<Option<Secret<String>>, String> {
    let Some(path) = &options.token_file else { return Ok(None) };
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    // A line of local-sts's file may say more about the token.
    let mut lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let token = lines.find_map(|line| line.split_ascii_whitespace().next());
    token.map(|token| Some(Secret::new(token.to_owned()))).ok_or_else(|| format!("{}: no token", path.display()))
}

async fn serve(listener: TcpListener, door: Arc<Door>) -> Result<(), Box<dyn Error>> {
    let mut stop = signal(SignalKind::terminate())?;
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            _ = stop.recv() => return Ok(()),
        };
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let service = service_fn(|request| {
                let door = Arc::clone(&door);
                async move { door.answer(request, peer).await }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
}
