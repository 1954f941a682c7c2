//! The filter for system calls: seccomp.
//!
//! A list of what is denied, not of what is permitted: compilers, linkers and whatever build
//! scripts start use most of the rest. Denied is what reaches around the rules for files (sockets,
//! other processes' memory, rings of requests, memory that no process is charged for) and what no
//! build needs of the kernel (mounts, namespaces, modules, keys, tracing, clocks).

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, apply_filter,
};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Denied whatever the arguments.
const DENIED: &[i64] = &[
    // Every socket: TCP, UDP, unix. Pairs are left, they lead nowhere.
    libc::SYS_socket,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    // Memory and messages that outlive or belong to no process.
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_semget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
    // The kernel.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    // Other views of the file system.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_unshare,
    libc::SYS_setns,
];

#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[i64] = &[
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_lookup_dcookie,
    // `ptrace`, `process_vm_*`, `kexec_load` and `io_*` as the x32 interface numbers them.
    X32 + 521,
    X32 + 528,
    X32 + 539,
    X32 + 540,
];
#[cfg(not(target_arch = "x86_64"))]
const DENIED_HERE: &[i64] = &[];

/// Modes, owners, times and attributes by path, which rules for files do not cover.
const METADATA: &[i64] = &[
    libc::SYS_fchmodat,
    libc::SYS_fchmodat2,
    libc::SYS_fchownat,
    libc::SYS_fchown,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
];
#[cfg(target_arch = "x86_64")]
const METADATA_HERE: &[i64] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
];
#[cfg(not(target_arch = "x86_64"))]
const METADATA_HERE: &[i64] = &[];

/// The second numbering that an x86-64 kernel may offer: the same, with this bit.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// Characters put into a terminal's input, as if typed.
const TERMINAL_INPUT: [u64; 2] = [libc::TIOCSTI, 0x541c];

/// From here on the calls fail: with "permission denied", or as if the kernel were older where
/// programs then do without (`clone3`, whose arguments a filter cannot see).
pub(super) fn restrict(metadata: bool) -> Result<(), Error> {
    apply_filter(&program(
        [(libc::SYS_clone3, Vec::new())].into(),
        libc::ENOSYS,
    )?)?;
    apply_filter(&program(denied(metadata)?, libc::EACCES)?)
}

fn program(rules: Rules, error: i32) -> Result<BpfProgram, Error> {
    let error = SeccompAction::Errno(error.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(with_x32(rules), SeccompAction::Allow, error, arch)?;
    Ok(filter.try_into()?)
}

#[cfg(target_arch = "x86_64")]
fn with_x32(mut rules: Rules) -> Rules {
    let again: Vec<_> = rules
        .iter()
        .filter(|(number, _)| **number < X32)
        .map(|(number, rules)| (number | X32, rules.clone()))
        .collect();
    rules.extend(again);
    rules
}

#[cfg(not(target_arch = "x86_64"))]
fn with_x32(rules: Rules) -> Rules {
    rules
}

fn denied(metadata: bool) -> Result<Rules, Error> {
    let mut calls = [DENIED, DENIED_HERE].concat();
    if metadata {
        calls.extend([METADATA, METADATA_HERE].concat());
    }
    let mut rules: Rules = calls.into_iter().map(|call| (call, Vec::new())).collect();
    let when = |argument, op, value| {
        let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value)?;
        SeccompRule::new(vec![condition])
    };
    let bits = |argument, bit: i32| {
        let bit = u64::from(bit.unsigned_abs());
        when(argument, SeccompCmpOp::MaskedEq(bit), bit)
    };
    let family = u64::from(libc::AF_UNIX.unsigned_abs());
    rules.insert(
        libc::SYS_socketpair,
        vec![when(0, SeccompCmpOp::Ne, family)?],
    );
    let namespaces = [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWCGROUP,
    ];
    let namespaces: Result<_, _> = namespaces.into_iter().map(|bit| bits(0, bit)).collect();
    rules.insert(libc::SYS_clone, namespaces?);
    let inputs: Result<_, _> = TERMINAL_INPUT
        .into_iter()
        .map(|request| when(1, SeccompCmpOp::Eq, request))
        .collect();
    rules.insert(libc::SYS_ioctl, inputs?);
    // Limits of another process: as good as a signal.
    rules.insert(libc::SYS_prlimit64, vec![when(0, SeccompCmpOp::Ne, 0)?]);
    if metadata {
        // By an open file, which a rule permitted, it may.
        let condition = SeccompCondition::new(1, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)?;
        rules.insert(
            libc::SYS_utimensat,
            vec![SeccompRule::new(vec![condition])?],
        );
    }
    Ok(rules)
}
