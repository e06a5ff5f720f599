//! What may be typed after `inspector lab`.

use std::time::Duration;

use clap::Args;
use inspector::lab::{Percent, SCENARIOS, Scenario, Settings, find};

use super::{chat::pause, look::Look};

/// `inspector lab`.
#[derive(Debug, Args)]
#[command(after_help = "\
The network is made of namespaces of this process, without root where the system allows it, and
goes with the process. The lab looks from the bridge that joins the hosts:

  server  192.168.15.73      client   192.168.15.42      router  192.168.15.1
                             client2  192.168.15.43         └── far  198.51.100.7

Each scenario ends by itself within 20 seconds. Exit codes: 0 it went as it was meant, 1 it did not,
or Ctrl-C ended it; 2 wrong usage.

Examples:
  inspector lab
  inspector lab queue --view packets
  inspector lab loss --loss 20% --seed 3 --json
  inspector lab refused -w refused.pcap")]
pub struct Lab {
    /// What is to happen (see --list)
    #[arg(value_name = "SCENARIO", default_value = SCENARIOS[0].name, value_parser = scenario)]
    pub scenario: &'static Scenario,
    /// Show the scenarios, a sentence each
    #[arg(long)]
    pub list: bool,
    /// How long people think before they type; a pause for which a scenario has no time is refused
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = pause)]
    pub pause: Duration,
    /// How to look at it.
    #[command(flatten)]
    pub look: Look,
    /// What chance does to frames.
    #[command(flatten)]
    chance: Chance,
}

/// What chance does to frames.
#[derive(Debug, Args)]
#[command(next_help_heading = "Chance (of the scenario loss)")]
struct Chance {
    /// Frames that are lost [default: 10%]
    #[arg(long, value_name = "SHARE")]
    loss: Option<Percent>,
    /// Frames that come twice [default: 5%]
    #[arg(long, value_name = "SHARE")]
    dup: Option<Percent>,
    /// Frames that come after their followers [default: 5%]
    #[arg(long, value_name = "SHARE")]
    reorder: Option<Percent>,
    /// Where chance begins: the same number, the same fates [default: 7]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Lab {
    /// The settings that were typed, or why they make no sense.
    pub fn settings(&self) -> Result<Settings, String> {
        let Chance {
            loss,
            dup,
            reorder,
            seed,
        } = self.chance;
        let typed = loss.is_some() || dup.is_some() || reorder.is_some() || seed.is_some();
        if typed && !self.scenario.has_chance {
            return Err(format!(
                "--loss, --dup, --reorder and --seed are for the scenario loss; {} has no chance",
                self.scenario.name
            ));
        }
        let longest = self.scenario.longest_pause();
        if self.pause > longest {
            return Err(format!(
                "the scenario {} has so many pauses that its time is over before they are; \
                 --pause may be up to {} ms there",
                self.scenario.name,
                longest.as_millis()
            ));
        }
        let usual = Settings::default();
        Ok(Settings {
            think: self.pause,
            loss: loss.unwrap_or(usual.loss),
            dup: dup.unwrap_or(usual.dup),
            reorder: reorder.unwrap_or(usual.reorder),
            seed: seed.unwrap_or(usual.seed),
        })
    }
}

fn scenario(typed: &str) -> Result<&'static Scenario, String> {
    find(typed).ok_or_else(|| {
        let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        format!("there are {}", names.join(", "))
    })
}
