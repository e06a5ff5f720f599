//! The ground on which the network stands: a network namespace of the process's own, with a user
//! namespace around it where the process is not root.
//!
//! Namespaces have no names here. Threads and file descriptors of this process hold them, so they
//! go with it, however it ends.

use std::{fs, io};

use nix::sched::{CloneFlags, unshare};
use rustix::{
    process::{DumpableBehavior, getegid, geteuid, set_dumpable_behavior},
    thread::{CapabilitySet, capabilities},
};

use super::{Error, error::Forbidden};

/// What it takes to make namespaces, interfaces and packet sockets.
const NEEDED: CapabilitySet = CapabilitySet::SYS_ADMIN
    .union(CapabilitySet::NET_ADMIN)
    .union(CapabilitySet::NET_RAW);

/// Puts this process into an empty network namespace, in which it may do everything.
///
/// Must be called while the process has only one thread. Fails where the system forbids it.
pub(super) fn enter() -> Result<(), Error> {
    // In a user namespace everybody is root: who we are must be asked before.
    let is_root = geteuid().is_root();
    let may = capabilities(None).is_ok_and(|sets| sets.effective.contains(NEEDED));
    if !may {
        become_root_of_a_user_namespace().map_err(|source| forbidden(is_root, source))?;
    }
    new_network_namespace().map_err(|source| match source.kind() {
        // Root may not have more of them either.
        io::ErrorKind::StorageFull => Error::doing("make a network namespace")(source),
        _ => forbidden(is_root, source),
    })
}

/// Moves the calling thread into an empty network namespace.
pub(super) fn new_network_namespace() -> io::Result<()> {
    Ok(unshare(CloneFlags::CLONE_NEWNET)?)
}

fn become_root_of_a_user_namespace() -> io::Result<()> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    // A program that was given a capability by setcap may otherwise not write its own maps.
    set_dumpable_behavior(DumpableBehavior::Dumpable)?;
    unshare(CloneFlags::CLONE_NEWUSER)?;
    // The kernel asks for this before a group may be mapped.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))
}

fn forbidden(is_root: bool, source: io::Error) -> Error {
    let setting = |name: &str| fs::read_to_string(format!("/proc/sys/{}", name.replace('.', "/")));
    Error::Forbidden {
        why: why(is_root, &source, |name| setting(name).ok()),
        source,
    }
}

/// What forbids it, given what the kernel's settings say.
fn why(is_root: bool, source: &io::Error, setting: impl Fn(&str) -> Option<String>) -> Forbidden {
    /// With these a user cannot make namespaces. Ubuntu's last one lets a user namespace be made, but
    /// gives no rights in it.
    const OFF: [(&str, &str); 3] = [
        ("user.max_user_namespaces", "0"),
        ("kernel.unprivileged_userns_clone", "0"),
        ("kernel.apparmor_restrict_unprivileged_userns", "1"),
    ];
    if source.kind() == io::ErrorKind::NotFound {
        return Forbidden::NoProc;
    }
    if is_root && source.raw_os_error().is_some_and(is_refusal) {
        return Forbidden::Root;
    }
    let is_off =
        |(name, off): &(&str, &str)| setting(name).is_some_and(|value| value.trim() == *off);
    match OFF.into_iter().find(is_off) {
        Some((name, value)) => Forbidden::Setting { name, value },
        None => Forbidden::Otherwise,
    }
}

fn is_refusal(errno: i32) -> bool {
    [rustix::io::Errno::PERM, rustix::io::Errno::ACCESS]
        .iter()
        .any(|refusal| refusal.raw_os_error() == errno)
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    /// What is said to a user where the kernel's setting has this value.
    fn said(is_root: bool, name: &str, value: &str) -> String {
        let source = io::Error::from(Errno::PERM);
        let setting = |asked: &str| (asked == name).then(|| format!("{value}\n"));
        let why = why(is_root, &source, setting);
        Error::Forbidden { why, source }.to_string()
    }

    #[test]
    fn a_setting_that_forbids_it_is_named_with_the_way_out() {
        for (name, value) in [
            ("kernel.apparmor_restrict_unprivileged_userns", "1"),
            ("kernel.unprivileged_userns_clone", "0"),
            ("user.max_user_namespaces", "0"),
        ] {
            let told = said(false, name, value);
            assert!(told.contains(&format!("{name} is {value}")), "{told}");
            assert!(told.ends_with("run it with sudo"), "{told}");
        }
    }

    #[test]
    fn a_setting_that_allows_it_is_not_blamed() {
        let name = "kernel.apparmor_restrict_unprivileged_userns";
        let told = said(false, name, "0");
        assert!(!told.contains(name) && told.contains("sudo"), "{told}");
    }

    #[test]
    fn root_is_not_sent_to_sudo_for_what_a_container_forbids() {
        let told = said(true, "user.max_user_namespaces", "0");
        assert!(told.contains("container"), "{told}");
    }
}
