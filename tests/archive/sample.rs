//! A small store with one of everything.

use invodex::{
    CommandType, Config, InstanceRun, Invocation, InvocationStatus, ManualClock, RepeatMode,
    RunUpdate, Store, Tag, Timestamp,
};

pub(crate) fn begin() -> Timestamp {
    "2024-05-01T08:00:00Z".parse().expect("a time")
}

fn record(region: &str, number: u32, command: &str, runs: u32) -> Invocation {
    let mut record = Invocation::new(region, format!("t-{number:04}"), command);
    record.command_name = format!("{command} \u{78c1}\u{76d8}");
    record.command_content = b"df -h\n".to_vec();
    record.instances = (1..=runs).map(|run| InstanceRun::new(format!("i-{run:04}"))).collect();
    record
}

/// Recurring tasks with history, outputs of text and of any bytes, wide exit codes, tags, texts
/// beyond ASCII, timeouts, OSS fields, every mode, every status, two regions, and an acceptance
/// number that is no longer there.
pub(crate) fn sample() -> (Store, ManualClock) {
    let clock = ManualClock::new(begin());
    let config = Config { id: 0xfeed_beef_0000_0001, history_limit: 3, ..Config::default() };
    let mut store = Store::new(config, clock.clone());
    let (east, north) = ("cn-hangzhou", "cn-beijing");
    let accept = |store: &mut Store, record: &Invocation| {
        assert!(store.accept(record).expect("the record is valid").retained);
    };
    let update = |store: &mut Store, number: u32, run: u32, update: &RunUpdate| {
        let (invoke_id, instance_id) = (format!("t-{number:04}"), format!("i-{run:04}"));
        store.update_run(&invoke_id, &instance_id, update).expect("the move is legal");
    };

    let mut once = record(east, 1, "c-disk", 3);
    once.timeout = Some(86_400);
    once.tags = vec![Tag::new("env", "prod"), Tag::new("\u{6240}\u{6709}\u{8005}", "")];
    once.resource_group_id = "rg-1".into();
    accept(&mut store, &once);
    for run in 1..=3 {
        update(&mut store, 1, run, &RunUpdate::started());
    }
    clock.advance(5);
    update(&mut store, 1, 1, &RunUpdate::finished(0).output("87% \u{2713} \"full\"\n"));
    update(&mut store, 1, 2, &RunUpdate::finished(i64::MIN).output([0xff, 0xfe, 0, b'x']));
    update(&mut store, 1, 3, &RunUpdate::timed_out());

    let mut period = record(north, 2, "c-backup", 2);
    period.repeat_mode = RepeatMode::Period;
    period.frequency = "rate(10m)".into();
    period.command_type = CommandType::RunPowerShellScript;
    period.username = "system".into();
    period.oss_output_delivery = "oss://bucket/\u{8def}".into();
    accept(&mut store, &period);
    for round in 0..5 {
        clock.advance(600);
        update(&mut store, 2, 1, &RunUpdate::started());
        clock.advance(7);
        let mut end = RunUpdate::finished(round % 2 * 70_000).rescheduled();
        end.output = RunUpdate::more_output(format!("round {round}\n")).output;
        end.oss_output_status = Some("Finished".into());
        end.oss_output_uri = Some(format!("oss://bucket/{round}"));
        update(&mut store, 2, 1, &end);
    }
    update(&mut store, 2, 2, &RunUpdate { repeats: Some(u32::MAX), ..RunUpdate::started() });

    accept(&mut store, &record(east, 3, "c-gone", 1));
    store.delete("t-0003").expect("it is there");

    let mut reboot = record(east, 4, "c-disk", 2);
    reboot.repeat_mode = RepeatMode::EveryReboot;
    reboot.working_dir = "/root".into();
    reboot.instances[1].dropped = u64::MAX;
    reboot.instances[1].creation_time = Some(clock_time(&store, -50));
    accept(&mut store, &reboot);
    update(&mut store, 4, 1, &RunUpdate::started());
    store.stop("t-0004", &[]).expect("it is there");
    update(&mut store, 4, 1, &RunUpdate::terminated());

    let mut next = record(east, 5, "c-bat", 1);
    next.repeat_mode = RepeatMode::NextRebootOnly;
    next.command_type = CommandType::RunBatScript;
    next.parameters = "{\"a\":\"\\u0000\"}".into();
    accept(&mut store, &next);
    update(&mut store, 5, 1, &RunUpdate::scheduled());

    let mut dry = record(north, 6, "c-dry", 1);
    dry.repeat_mode = RepeatMode::DryRun;
    dry.creation_time = Some(clock_time(&store, -100_000));
    accept(&mut store, &dry);

    let mut statuses = record(north, 7, "c-all", InvocationStatus::ALL.len() as u32);
    statuses.container_id = "k1".into();
    statuses.container_name = "web".into();
    statuses.launcher = "ops@example.com".into();
    statuses.termination_mode = "ProcessTree".into();
    statuses.command_description = "all \u{1f600}".into();
    statuses.tags.push(Tag::new("env", "test"));
    for (run, &status) in statuses.instances.iter_mut().zip(InvocationStatus::ALL) {
        run.invocation_status = status;
        run.error_code = "ClientNotRunning".into();
        run.error_info = format!("{status}");
        run.oss_output_error_code = "NoSuchBucket".into();
        run.oss_output_error_info = "gone".into();
        run.stop_time = Some(Timestamp::MAX);
        run.start_time = Some(Timestamp::MIN);
        run.exit_code = Some(-1);
    }
    accept(&mut store, &statuses);
    clock.advance(60);
    (store, clock)
}

fn clock_time(store: &Store, secs: i64) -> Timestamp {
    store.now().saturating_add_secs(secs)
}
