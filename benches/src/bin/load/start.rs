//! From exec to the first correct answer, and what memory a server holds that has nothing to do.

use std::path::Path;
use std::time::Duration;

use crate::client::{self, Shape};
use crate::process::{Memory, Server};
use crate::scene::{Action, Proof, Scene};
use crate::speed::middle;
use crate::{End, Failure};

/// Starts the product again and again, each time over what the time before has left.
pub fn measure(
    title: &str,
    times: usize,
    end: End,
    product: &Path,
    scene: &Scene,
    arguments: &[&str],
) -> Result<(), Failure> {
    let mut milliseconds = Vec::new();
    let mut ready = Vec::new();
    for _ in 0..times {
        let server = scene.start(product, arguments)?;
        ready.push(server.begun.elapsed().as_secs_f64() * 1e3);
        first_answer(&server, scene)?;
        milliseconds.push(server.begun.elapsed().as_secs_f64() * 1e3);
        match end {
            End::Stop => server.stop()?,
            End::Kill => {
                // It is killed while it works.
                drive(&server, scene, Duration::from_millis(300))?;
                drop(server);
            }
        }
    }
    let least = milliseconds.iter().copied().fold(f64::MAX, f64::min);
    let most = milliseconds.iter().copied().fold(0.0, f64::max);
    println!(
        "{title:<44} first answer {least:>6.1}/{:>6.1}/{most:>6.1} ms (min/MEDIAN/max of {times}), ready line {:>6.1} ms",
        middle(milliseconds),
        middle(ready),
    );
    Ok(())
}

/// Prints what an idle product holds: once it has settled, and after a burst of work.
pub fn memory(title: &str, product: &Path, scene: &Scene, arguments: &[&str]) -> Result<(), Failure> {
    let server = scene.start(product, arguments)?;
    first_answer(&server, scene)?;
    let settled = server.settle().ok_or("it never rests")?;
    let idle = server.memory();
    drive(&server, scene, Duration::from_secs(3))?;
    server.settle().ok_or("it never rests")?;
    println!(
        "{title:<44} settled after {settled:.1} s; idle {}; after 3 s of AssumeRole {}",
        show(idle),
        show(server.memory())
    );
    server.stop()
}

fn show(memory: Memory) -> String {
    let mebi = |kibi: u64| kibi as f64 / 1024.0;
    format!("{:.1} MiB (own {:.1}, most {:.1})", mebi(memory.resident), mebi(memory.own), mebi(memory.most))
}

fn first_answer(server: &Server, scene: &Scene) -> Result<(), Failure> {
    let request = scene.request(Action::IdentityOfUser, &Proof::of_user(), server.address, 0);
    Shape::of(&client::ask(server.address, &request)?, Action::IdentityOfUser.success()).map(|_| ())
}

fn drive(server: &Server, scene: &Scene, length: Duration) -> Result<(), Failure> {
    let request = |at| scene.request(Action::AssumeRole, &Proof::of_user(), server.address, at);
    let shape = Shape::of(&client::ask(server.address, &request(0))?, Action::AssumeRole.success())?;
    client::drive(server.address, (0..8).map(request).collect(), &shape, Duration::ZERO, length, || {})?;
    Ok(())
}
