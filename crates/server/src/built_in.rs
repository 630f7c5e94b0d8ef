//! The built-in simulator: its address is known from the start, it runs from when a target first needs it.

use std::net::SocketAddr;

use anyhow::Context as _;
use config::Configuration;
use simulator::{Options, Simulator};
use tokio::net::TcpSocket;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

pub struct BuiltIn {
    address: SocketAddr,
    /// Keeps the port from being given to somebody else; never listens itself.
    _reserved: TcpSocket,
    running: Mutex<Option<Simulator>>,
    runtime: Handle,
}

impl BuiltIn {
    /// Reserves a port on loopback. To be called on the runtime that it shall run on.
    pub fn reserve() -> anyhow::Result<Self> {
        let reserve = || {
            let socket = TcpSocket::new_v4()?;
            // Lets the simulator listen on the port while it is held.
            socket.set_reuseaddr(true)?;
            socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
            Ok::<_, std::io::Error>((socket.local_addr()?, socket))
        };
        let (address, socket) = reserve().context("a port for the built-in simulator")?;
        Ok(Self { address, _reserved: socket, running: Mutex::default(), runtime: Handle::current() })
    }

    /// Where it is, or will be.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Runs it if the configuration has a target on it. Once started it stays: requests that began under an
    /// earlier configuration may still need it.
    pub async fn start(&self, configuration: &Configuration) -> anyhow::Result<()> {
        let mut running = self.running.lock().await;
        if running.is_none() && configuration.is_simulated() {
            // Reached through the gateway only, which has no key for it.
            let options = Options { keyless: true, ..Options::default() };
            let simulator = Simulator::bind_with(self.address, options).await;
            *running = Some(simulator.context("the built-in simulator")?);
        }
        Ok(())
    }

    /// The same from a thread that may block.
    pub fn start_blocking(&self, configuration: &Configuration) -> anyhow::Result<()> {
        self.runtime.block_on(self.start(configuration))
    }
}
