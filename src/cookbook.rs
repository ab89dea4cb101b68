//! Recipes. The module has no items. Every recipe runs as a test.
//!
//! - [The failures of the last hour](#the-failures-of-the-last-hour)
//! - [Wait for the end of a task](#wait-for-the-end-of-a-task)
//! - [Walk everything](#walk-everything)
//! - [Totals by status](#totals-by-status)
//! - [Serve from an async server](#serve-from-an-async-server)
//! - [Test with a fixed clock](#test-with-a-fixed-clock)
//! - [A fresh copy for each test](#a-fresh-copy-for-each-test)
//! - [Load a capture](#load-a-capture)
//! - [Save and restore](#save-and-restore)
//! - [Many tenants](#many-tenants)
//!
//! # The failures of the last hour
//!
//! The API has no filter by time, but its list is newest first: the walk stops at the first row
//! that is too old. `Failed` means that no run succeeded; `PartialFailed` is a separate value.
//!
//! ```
//! use invodex::{DescribeInvocations, Error, InvokeStatus, Store};
//!
//! fn failures_of_the_last_hour(store: &Store) -> Result<Vec<String>, Error> {
//!     let since = store.now().saturating_add_secs(-3_600);
//!     let request =
//!         DescribeInvocations::new("cn-hangzhou").invoke_status(InvokeStatus::Failed);
//!     let failures = store.walk_invocations(&request)?;
//!     let recent = failures.take_while(|row| row.creation_time() >= since);
//!     Ok(recent.map(|row| row.invoke_id().to_owned()).collect())
//! }
//! # use invodex::{InstanceRun, Invocation, RunUpdate};
//! # let mut store = Store::default();
//! # for (id, age) in [("t-0001", 3_601), ("t-0002", 60)] {
//! #     let mut invocation = Invocation::new("cn-hangzhou", id, "c-0001");
//! #     invocation.creation_time = Some(store.now().saturating_add_secs(-age));
//! #     invocation.instances.push(InstanceRun::new("i-0001"));
//! #     assert!(store.accept(&invocation)?.retained);
//! #     store.update_run(id, "i-0001", &RunUpdate::started())?;
//! #     store.update_run(id, "i-0001", &RunUpdate::finished(1))?;
//! # }
//! # assert_eq!(failures_of_the_last_hour(&store)?, ["t-0002"]);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Wait for the end of a task
//!
//! By polling, as a client of the API does:
//!
//! ```
//! use invodex::{DescribeInvocations, Error, OverallStatus, SharedStore};
//! use std::time::Duration;
//!
//! fn wait_by_asking(store: &SharedStore, invoke_id: &str) -> Result<Option<OverallStatus>, Error> {
//!     let request = DescribeInvocations::new("cn-hangzhou").invoke_id(invoke_id);
//!     loop {
//!         let status = store.read(|store| {
//!             let page = store.describe_invocations(&request)?;
//!             Ok(page.invocations().next().map(|row| row.invocation_status()))
//!         })?;
//!         if status.is_none_or(OverallStatus::is_end) {
//!             return Ok(status); // `None`: there is no such record, or it was removed
//!         }
//!         std::thread::sleep(Duration::from_millis(10));
//!     }
//! }
//! # use invodex::{InstanceRun, Invocation, RunUpdate};
//! # let store = SharedStore::default();
//! # let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
//! # invocation.instances.push(InstanceRun::new("i-0001"));
//! # assert!(store.accept(&invocation)?.retained);
//! # let writer = store.clone();
//! # let thread = std::thread::spawn(move || {
//! #     writer.update_run("t-0001", "i-0001", &RunUpdate::started())?;
//! #     writer.update_run("t-0001", "i-0001", &RunUpdate::finished(0))
//! # });
//! # assert_eq!(wait_by_asking(&store, "t-0001")?, Some(OverallStatus::Success));
//! # assert_eq!(wait_by_asking(&store, "t-0002")?, None);
//! # thread.join().unwrap()?;
//! # Ok::<(), Error>(())
//! ```
//!
//! By events, in the same process. Subscribe first, then read the status, then wait: no event is
//! missed in between.
//!
//! ```
//! use invodex::{OverallStatus, SharedStore};
//! use std::time::Duration;
//!
//! fn wait_for_events(store: &SharedStore, invoke_id: &str) -> Option<OverallStatus> {
//!     let events = store.subscribe(64);
//!     loop {
//!         let status = store.read(|store| store.get(invoke_id).map(|row| row.invocation_status()));
//!         if status.is_none_or(OverallStatus::is_end) {
//!             return status;
//!         }
//!         // Any change of any run wakes it. The time limit is for a record that is deleted.
//!         let _ = events.next_timeout(Duration::from_secs(1));
//!     }
//! }
//! # use invodex::{InstanceRun, Invocation};
//! # let store = SharedStore::default();
//! # let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
//! # invocation.instances.push(InstanceRun::new("i-0001"));
//! # assert!(store.accept(&invocation)?.retained);
//! # let writer = store.clone();
//! # let thread = std::thread::spawn(move || writer.stop("t-0001", &[]));
//! # assert_eq!(wait_for_events(&store, "t-0001"), Some(OverallStatus::Stopped));
//! # thread.join().unwrap()?;
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! # Walk everything
//!
//! [`Store::walk_invocations`](crate::Store::walk_invocations) iterates over all rows of a request,
//! at one moment of the store:
//!
//! ```
//! # use invodex::{DescribeInvocations, InstanceRun, Invocation, Store};
//! # let mut store = Store::default();
//! # let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
//! # invocation.instances.push(InstanceRun::new("i-0001"));
//! # assert!(store.accept(&invocation)?.retained);
//! let request = DescribeInvocations::new("cn-hangzhou");
//! for row in store.walk_invocations(&request)? {
//!     println!("{} {}", row.invoke_id(), row.invocation_status());
//! }
//! # assert_eq!(store.walk_invocations(&request)?.count(), 1);
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! By token, other threads may write between the pages. The walk returns each record that matches
//! throughout exactly once, and no record twice.
//!
//! ```
//! # use invodex::{DescribeInvocations, InstanceRun, Invocation, Store};
//! # let mut store = Store::default();
//! # for number in 0..120 {
//! #     let mut invocation = Invocation::new("cn-hangzhou", format!("t-{number}"), "c-0001");
//! #     invocation.instances.push(InstanceRun::new("i-0001"));
//! #     assert!(store.accept(&invocation)?.retained);
//! # }
//! # let mut rows = 0;
//! let mut request = DescribeInvocations::new("cn-hangzhou").max_results(50);
//! loop {
//!     let page = store.describe_invocations(&request)?;
//!     for row in page.invocations() {
//!         // ...
//! #         rows += 1;
//!     }
//!     let Some(token) = page.next_token() else { break };
//!     request = request.next_token(token);
//! }
//! # assert_eq!(rows, 120);
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! A request without Timed leaves out tasks whose schedule goes on, as the API documents.
//! `timed(true)` lists only those; a store with [`OmittedTimed::Any`](crate::OmittedTimed) lists
//! all. In the same process, [`Store::iter`](crate::Store::iter) iterates over all records of all
//! regions.
//!
//! # Totals by status
//!
//! Each record once, under its overall InvocationStatus:
//!
//! ```
//! # let store = invodex::Store::default();
//! for (status, total) in store.totals_by_status("cn-hangzhou") {
//!     println!("{status}: {total}");
//! }
//! ```
//!
//! As the API's filter counts them: a page by number has the exact total of its filters, which the
//! store counts in its index. These totals overlap, because a record whose two overall statuses
//! differ counts under both. A request without `Timed` leaves out tasks whose schedule goes on;
//! `timed(true)` counts those.
//!
//! ```
//! use invodex::{DescribeInvocations, InvokeStatus, Store};
//! # let store = Store::default();
//!
//! for &status in InvokeStatus::ALL {
//!     let request = DescribeInvocations::new("cn-hangzhou").invoke_status(status).page_size(1);
//!     let total = store.describe_invocations(&request)?.total_count();
//!     println!("{status}: {}", total.unwrap_or(0));
//! }
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! # Serve from an async server
//!
//! A handler calls [`SharedStore`](crate::SharedStore) directly. The answer is found and written
//! under the read lock, which takes microseconds, and waits for nothing but that lock. Run `save`,
//! `restore` and `import` of large stores on a thread for blocking work. Of these, `import` and
//! `save` hold the lock: with 100,000 records `import` for about 0.2 s, and `save` for about 25 ms,
//! during which handlers that only read wait only if a writer waits too.
//!
//! ```
//! use invodex::{DescribeInvocations, Recommend, SharedStore, decode_query};
//!
//! async fn handle(store: SharedStore, query: String, request_id: String) -> (u16, Vec<u8>) {
//!     let mut body = Vec::new();
//!     let answer = decode_query(&query).and_then(|pairs| {
//!         let request = DescribeInvocations::from_pairs(pairs);
//!         store.describe_invocations(&request, &request_id, &mut body)
//!     });
//!     match answer {
//!         Ok(()) => (200, body),
//!         Err(error) => {
//!             error.write_json(&request_id, "ecs.example.com", Recommend::Link, &mut body);
//!             (error.status(), body)
//!         }
//!     }
//! }
//! # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
//! # let store = SharedStore::default();
//! # for (query, status) in [("RegionId=cn-hangzhou", 200), ("", 400), ("RegionId=%", 400)] {
//! #     let answer = pin!(handle(store.clone(), query.into(), "473469C7".into()));
//! #     let Poll::Ready((given, body)) = answer.poll(&mut Context::from_waker(Waker::noop()))
//! #         else { panic!("it waits for nothing") };
//! #     assert_eq!(given, status);
//! #     assert!(body.starts_with(br#"{"RequestId":"473469C7""#));
//! # }
//! ```
//!
//! Events wake a task through [`on_event`](crate::Subscription::on_event):
//!
//! ```
//! use invodex::{Subscription, TaskEvent};
//! use std::{future::poll_fn, task::Poll};
//!
//! /// The next event, or `None` once the store is dropped.
//! async fn next_event(events: &Subscription) -> Option<TaskEvent> {
//!     poll_fn(|context| {
//!         let waker = context.waker().clone();
//!         // Registered before the queue is read, so that no event is missed in between.
//!         events.on_event(move || waker.wake_by_ref());
//!         match events.try_next() {
//!             None if !events.is_closed() => Poll::Pending,
//!             event => Poll::Ready(event),
//!         }
//!     })
//!     .await
//! }
//! # use invodex::{InstanceRun, Invocation, Store};
//! # use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
//! # use std::{future::Future, pin::pin, task::{Context, Wake}};
//! # struct Woken(AtomicUsize);
//! # impl Wake for Woken {
//! #     fn wake(self: Arc<Self>) { self.0.fetch_add(1, Ordering::SeqCst); }
//! # }
//! # let mut store = Store::default();
//! # let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
//! # invocation.instances.push(InstanceRun::new("i-0001"));
//! # assert!(store.accept(&invocation)?.retained);
//! # let events = store.subscribe(10);
//! # let woken = Arc::new(Woken(AtomicUsize::new(0)));
//! # let waker = woken.clone().into();
//! # let mut context = Context::from_waker(&waker);
//! # let mut next = pin!(next_event(&events));
//! # assert!(next.as_mut().poll(&mut context).is_pending());
//! # assert_eq!(woken.0.load(Ordering::SeqCst), 0);
//! # store.stop("t-0001", &[])?;
//! # assert_eq!(woken.0.load(Ordering::SeqCst), 1);
//! # assert!(matches!(next.as_mut().poll(&mut context), Poll::Ready(Some(_))));
//! # drop(store);
//! # assert!(matches!(pin!(next_event(&events)).poll(&mut context), Poll::Ready(None)));
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! # Test with a fixed clock
//!
//! A [`Timestamp`](crate::Timestamp) is a clock that stands still. A
//! [`ManualClock`](crate::ManualClock) moves only when the test moves it.
//!
//! ```
//! use invodex::{Config, InstanceRun, Invocation, ManualClock, Store};
//!
//! let clock = ManualClock::new("2024-05-01T00:00:00Z".parse()?);
//! let mut store = Store::new(Config::default(), clock.clone());
//! let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
//! invocation.instances.push(InstanceRun::new("i-0001"));
//! assert!(store.accept(&invocation)?.retained);
//! clock.advance(28 * 86_400);
//! assert_eq!(store.len(), 1);
//! clock.advance(1);
//! assert_eq!(store.len(), 0, "older than 28 days");
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! # A fresh copy for each test
//!
//! Load the records once, and [`fork`](crate::Store::fork) the store for each test, with a clock of
//! its own. No test sees a write of another.
//!
//! ```
//! use invodex::{Config, InstanceRun, Invocation, ManualClock, Store, Timestamp};
//! use std::sync::LazyLock;
//!
//! const NOW: &str = "2024-05-01T00:00:00Z";
//!
//! static LOADED: LazyLock<Store> = LazyLock::new(|| {
//!     let now: Timestamp = NOW.parse().expect("it is a time");
//!     let mut store = Store::new(Config::default(), now);
//!     let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
//!     invocation.instances.push(InstanceRun::new("i-0001"));
//!     assert!(store.accept(&invocation).expect("it is valid").retained);
//!     store
//! });
//!
//! fn a_test_that_deletes() -> Result<(), invodex::Error> {
//!     let mut store = LOADED.fork(ManualClock::new(NOW.parse()?));
//!     store.delete("t-0001")?;
//!     assert!(store.is_empty());
//!     Ok(())
//! }
//! # a_test_that_deletes()?;
//! # assert_eq!(LOADED.len(), 1);
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! # Load a capture
//!
//! A capture is what people have: bodies of both operations, one or many in a file, as the wire gives
//! them or as an SDK prints them; [`import`](crate::Store::import) lists all forms. Captures are often
//! older than the retention, so this store keeps records of any age. The report
//! names every record that was refused or not retained, and every field in which an answer will
//! differ from the capture. [Save and restore](#save-and-restore) such a store with the same
//! configuration: the default one leaves its old records out.
//!
//! ```
//! # #[cfg(feature = "json")] {
//! use invodex::{Config, ImportOptions, Store, SystemClock};
//!
//! # let capture = br#"{"Invocations": {"Invocation": [{
//! #     "InvokeId": "t-0001", "CommandId": "c-0001", "CommandType": "RunShellScript",
//! #     "CreationTime": "2020-05-11T09:01:39Z",
//! #     "InvokeInstances": {"InvokeInstance": [{
//! #         "InstanceId": "i-0001", "InvocationStatus": "Success"}]}
//! # }]}}"#;
//! // let capture = std::fs::read("describe-invocations.json")?;
//! let config = Config { retention_seconds: None, ..Config::default() };
//! let mut store = Store::new(config, SystemClock);
//! let report = store.import(capture, &ImportOptions::new("cn-hangzhou"))?;
//! println!("{report}");
//! for refusal in &report.refusals {
//!     println!("{refusal}");
//! }
//! for group in report.grouped() {
//!     println!("{group}"); // equal differences of many records in one line
//! }
//! assert_eq!(report.loaded, 1);
//!
//! // Responses of DescribeInvocationResults complete the records: outputs, histories.
//! # let results = br#"{"Invocation": {"InvocationResults": {"InvocationResult": [{
//! #     "InvokeId": "t-0001", "CommandId": "c-0001", "InstanceId": "i-0001",
//! #     "InvocationStatus": "Success", "Output": "b2s="}]}}}"#;
//! let report = store.import(results, &ImportOptions::new("cn-hangzhou"))?;
//! assert_eq!((report.loaded, report.completed), (0, 1));
//! // `import_files` loads files of both operations together, in any order.
//! # }
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! # Save and restore
//!
//! Write a new file first and rename it: a crash then leaves one whole file. A restored store gives
//! the same answers and accepts the same tokens. Configuration and clock are not in the archive:
//! restore with the configuration of the saved store. Records beyond other limits are left out, and
//! [`Restored`](crate::Restored) counts them. `.into()` converts the store to a
//! [`SharedStore`](crate::SharedStore).
//!
//! ```
//! use invodex::{Config, Store, SystemClock};
//! use std::{error, fs, path::Path};
//!
//! /// The configuration with which the store is made, and with which it is restored.
//! fn config() -> Config {
//!     Config { retention_seconds: None, ..Config::default() }
//! }
//!
//! fn save(store: &Store, path: &Path) -> Result<(), Box<dyn error::Error>> {
//!     let fresh = path.with_extension("new");
//!     let file = fs::File::create(&fresh)?;
//!     store.save(&file)?;
//!     file.sync_all()?;
//!     Ok(fs::rename(fresh, path)?)
//! }
//!
//! fn restore(path: &Path) -> Result<Store, Box<dyn error::Error>> {
//!     let restored = Store::restore(config(), SystemClock, fs::File::open(path)?)?;
//!     if !restored.is_whole() {
//!         eprintln!("{} records are too old, {} too many", restored.expired, restored.evicted);
//!     }
//!     Ok(restored.store)
//! }
//! # let folder = std::env::temp_dir().join(format!("invodex-cookbook-{}", std::process::id()));
//! # fs::create_dir_all(&folder)?;
//! # let path = folder.join("store.ivx");
//! # let mut store = Store::new(config(), SystemClock);
//! # let mut old = invodex::Invocation::new("cn-hangzhou", "t-0001", "c-0001");
//! # old.creation_time = Some("2020-05-11T09:01:39Z".parse()?);
//! # old.instances.push(invodex::InstanceRun::new("i-0001"));
//! # assert!(store.accept(&old)?.retained);
//! # save(&store, &path)?;
//! # assert_eq!(restore(&path)?.len(), 1, "a record older than the default retention");
//! # fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn error::Error>>(())
//! ```
//!
//! # Many tenants
//!
//! One store for each tenant, with an id of its own: stores with the same id accept each other's
//! tokens. Any number will do as the id, if no other tenant has it and the tenant keeps it.
//!
//! ```
//! use invodex::{Config, SharedStore, SystemClock};
//! use std::collections::HashMap;
//!
//! #[derive(Default)]
//! struct Tenants {
//!     stores: HashMap<String, SharedStore>,
//!     made: u64,
//! }
//!
//! impl Tenants {
//!     fn store(&mut self, account: &str) -> SharedStore {
//!         let Tenants { stores, made } = self;
//!         let store = stores.entry(account.to_owned()).or_insert_with(|| {
//!             *made += 1;
//!             SharedStore::new(Config { id: *made, ..Config::default() }, SystemClock)
//!         });
//!         store.clone()
//!     }
//! }
//! # use invodex::{DescribeInvocations, InstanceRun, Invocation};
//! # let mut tenants = Tenants::default();
//! # let [one, two] = ["one", "two"].map(|account| tenants.store(account));
//! # for id in ["t-0001", "t-0002"] {
//! #     let mut invocation = Invocation::new("cn-hangzhou", id, "c-0001");
//! #     invocation.instances.push(InstanceRun::new("i-0001"));
//! #     assert!(one.accept(&invocation)?.retained);
//! # }
//! # let first = DescribeInvocations::new("cn-hangzhou").max_results(1);
//! # let page = one.read(|store| store.describe_invocations(&first).map(|page| page.into_owned()))?;
//! # let next = first.next_token(page.next_token.unwrap());
//! # assert!(tenants.store("one").describe_invocations(&next, "", &mut Vec::new()).is_ok());
//! # assert!(two.describe_invocations(&next, "", &mut Vec::new()).is_err());
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! A tenant that begins with the records of an archive, or with a fork of another store, gets its
//! id with [`set_id`](crate::Store::set_id).
