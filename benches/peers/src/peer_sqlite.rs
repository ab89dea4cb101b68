//! SQLite in memory: normalised tables, an index for each filter that begins with region and
//! Timed, prepared statements, pages by key. A request has up to three forms of SQL; the fastest of
//! them counts.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use invodex::{
    CommandType, InstanceInvokeStatus, InvocationStatus, LegacyInvokeStatus, OverallStatus,
    RepeatMode, Timestamp,
};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, Result, Row, Statement, params, params_from_iter};

use crate::record::{Answer, Record, Run, Runs, Tag, Tags, read_token};
use crate::request::{Found, Query};
use crate::sqlite_forms::{Form, Sql, forms};
use crate::support::Key;
use crate::support::wanted::Wanted;

pub struct Sqlite {
    database: Connection,
    rows: HashMap<i64, u32>,
    positions: Vec<(i64, Key)>,
}

/// A statement that is ready to run.
pub struct Prepared<'s> {
    statement: Statement<'s>,
    values: &'s [Value],
}

impl Prepared<'_> {
    /// Binds the values and returns the selected numbers: a count, or the positions of the rows,
    /// one more than the page size if more follow.
    pub fn positions(&mut self) -> Result<Vec<i64>> {
        let rows = self.statement.query_map(params_from_iter(self.values), |row| row.get(0))?;
        rows.collect()
    }

    pub fn count(&mut self) -> Result<u64> {
        Ok(self.positions()?[0] as u64)
    }
}

/// Number of tries of each form.
const TRIES: usize = 5;

const SCHEMA: &str = "
    PRAGMA temp_store = MEMORY;
    CREATE TABLE command (
        id INTEGER PRIMARY KEY, command_id TEXT, command_name TEXT, command_type TEXT,
        description TEXT, content TEXT, parameters TEXT, repeat_mode TEXT, frequency TEXT,
        timeout INTEGER, working_dir TEXT, username TEXT, container_id TEXT, container_name TEXT,
        launcher TEXT, termination_mode TEXT, oss_output_delivery TEXT);
    CREATE TABLE invocation (
        pos INTEGER PRIMARY KEY, region TEXT, timed INTEGER, resource_group TEXT, invoke_id TEXT,
        command_id TEXT, command_name TEXT, command_type INTEGER, repeat_mode INTEGER,
        command INTEGER, creation_time TEXT, status TEXT, legacy TEXT);
    CREATE TABLE run (
        pos INTEGER, n INTEGER, instance TEXT, status TEXT, legacy TEXT, timed INTEGER,
        creation_time TEXT, update_time TEXT, start_time TEXT, finish_time TEXT, stop_time TEXT,
        repeats INTEGER, exit_code INTEGER, output TEXT, dropped INTEGER, error_code TEXT,
        error_info TEXT, oss_status TEXT, oss_uri TEXT, oss_error_code TEXT, oss_error_info TEXT,
        PRIMARY KEY (pos, n)) WITHOUT ROWID;
    CREATE TABLE tag (pos INTEGER, n INTEGER, key TEXT, value TEXT, PRIMARY KEY (pos, n))
        WITHOUT ROWID;
    CREATE TABLE by_status (status TEXT, region TEXT, timed INTEGER, pos INTEGER,
        PRIMARY KEY (status, region, timed, pos)) WITHOUT ROWID;
    CREATE TABLE by_instance (instance TEXT, region TEXT, timed INTEGER, pos INTEGER,
        PRIMARY KEY (instance, region, timed, pos)) WITHOUT ROWID;
    CREATE TABLE by_tag_key (key TEXT, region TEXT, timed INTEGER, pos INTEGER,
        PRIMARY KEY (key, region, timed, pos)) WITHOUT ROWID;
    CREATE TABLE by_tag (key TEXT, value TEXT, region TEXT, timed INTEGER, pos INTEGER,
        PRIMARY KEY (key, value, region, timed, pos)) WITHOUT ROWID;
    BEGIN;";

const INDEXES: &str = "
    COMMIT;
    CREATE UNIQUE INDEX invoke_id ON invocation (invoke_id);
    CREATE INDEX region ON invocation (region, timed);
    CREATE INDEX resource_group ON invocation (region, timed, resource_group);
    CREATE INDEX command_id ON invocation (region, timed, command_id);
    CREATE INDEX command_name ON invocation (region, timed, command_name);
    CREATE INDEX command_type ON invocation (region, timed, command_type);
    CREATE INDEX repeat_mode ON invocation (region, timed, repeat_mode);
    ANALYZE;";

/// The position in the list as one number.
pub fn position((time, number): Key) -> i64 {
    i64::from(time.as_secs()) << 31 | number as i64
}

impl Sqlite {
    /// Takes the records in list order, from the oldest.
    pub fn new(records: &[Record]) -> Result<Self> {
        let database = Connection::open_in_memory()?;
        database.set_prepared_statement_cache_capacity(4_096);
        // Without it SQLite plans a statement again whenever a value is bound.
        database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        database.execute_batch(SCHEMA)?;
        let mut commands = HashMap::new();
        for record in records {
            insert(&database, record, &mut commands)?;
        }
        database.execute_batch(INDEXES)?;
        let positions: Vec<_> =
            records.iter().map(|record| (position(record.key), record.key)).collect();
        let rows = positions.iter().zip(0..).map(|(&(pos, _), row)| (pos, row)).collect();
        Ok(Sqlite { database, rows, positions })
    }

    /// All forms of the request.
    pub fn page_forms(&self, query: &Query) -> Result<Vec<Sql>> {
        let pos = query.after.map_or(i64::MAX, position);
        let forms = forms(&self.database, &query.wanted)?;
        Ok(forms.iter().map(|form| form.page(pos, query.rows() + 1)).collect())
    }

    /// All forms of the count of matches.
    pub fn total_forms(&self, query: &Query) -> Result<Vec<Sql>> {
        Ok(forms(&self.database, &query.wanted)?.iter().map(Form::total).collect())
    }

    /// The form that takes the least time.
    pub fn fastest(&self, forms: Vec<Sql>) -> Result<Sql> {
        let mut best: Option<(Duration, Sql)> = None;
        for sql in forms {
            let mut prepared = self.prepare(&sql)?;
            let mut took = Duration::MAX;
            for _ in 0..TRIES {
                let start = Instant::now();
                prepared.positions()?;
                took = took.min(start.elapsed());
            }
            drop(prepared);
            if best.as_ref().is_none_or(|(other, _)| took < *other) {
                best = Some((took, sql));
            }
        }
        Ok(best.expect("every request has a form").1)
    }

    /// Prepares a statement that can run many times.
    pub fn prepare<'s>(&'s self, sql: &'s Sql) -> Result<Prepared<'s>> {
        Ok(Prepared { statement: self.database.prepare(&sql.text)?, values: &sql.values })
    }

    pub fn found(&self, query: &Query, mut positions: Vec<i64>) -> Found {
        let more = positions.len() > query.rows() && query.may_go_on(query.rows());
        positions.truncate(query.rows());
        Found { rows: positions.iter().map(|pos| self.rows[pos]).collect(), more }
    }

    /// Runs the statement, which is kept prepared.
    fn positions(&self, sql: &Sql) -> Result<Vec<i64>> {
        let mut statement = self.database.prepare_cached(&sql.text)?;
        let rows = statement.query_map(params_from_iter(&sql.values), |row| row.get(0))?;
        rows.collect()
    }

    /// The whole answer, from the pairs of the request to the bytes. `sql` is the request's
    /// statement.
    pub fn answer(&self, pairs: &[(String, String)], sql: &Sql) -> Result<Vec<u8>> {
        let query = Query::from_pairs(pairs, read_token);
        let mut positions = self.positions(sql)?;
        let more = positions.len() > query.rows() && query.may_go_on(query.rows());
        positions.truncate(query.rows());
        let rows = positions
            .iter()
            .map(|&pos| self.record(pos, &query.wanted))
            .collect::<Result<Vec<_>>>()?;
        let last = positions.last().filter(|_| more).and_then(|pos| {
            let at = self.positions.binary_search_by_key(pos, |&(pos, _)| pos).ok()?;
            Some(self.positions[at].1)
        });
        Ok(serde_json::to_vec(&Answer::new(rows, query.page, last)).expect("it is plain"))
    }

    fn record(&self, pos: i64, wanted: &Wanted) -> Result<Record> {
        let mut statement = self.database.prepare_cached(
            "SELECT i.invoke_id, i.creation_time, i.status, i.legacy, i.timed,
                c.command_id, c.command_name, c.command_type, c.description, c.content,
                c.parameters, c.repeat_mode, c.frequency, c.timeout, c.working_dir, c.username,
                c.container_id, c.container_name, c.launcher, c.termination_mode,
                c.oss_output_delivery
            FROM invocation i JOIN command c ON c.id = i.command WHERE i.pos = ?",
        )?;
        let mut record = statement.query_row([pos], read_record)?;
        let mut statement = self.database.prepare_cached(
            "SELECT instance, status, legacy, timed, creation_time, update_time, start_time,
                finish_time, stop_time, repeats, exit_code, dropped, error_code, error_info,
                oss_status, oss_uri, oss_error_code, oss_error_info
            FROM run WHERE pos = ?1 AND (?2 IS NULL OR instance = ?2) ORDER BY n",
        )?;
        let runs = statement.query_map(params![pos, wanted.instance_id], read_run)?;
        record.invoke_instances.invoke_instance = runs.collect::<Result<_>>()?;
        let mut statement =
            self.database.prepare_cached("SELECT key, value FROM tag WHERE pos = ? ORDER BY n")?;
        let tags = statement
            .query_map([pos], |row| Ok(Tag { tag_key: row.get(0)?, tag_value: row.get(1)? }))?;
        record.tags.tag = tags.collect::<Result<_>>()?;
        Ok(record)
    }
}

type CommandKey = [String; 7];

fn insert(
    database: &Connection,
    record: &Record,
    commands: &mut HashMap<CommandKey, i64>,
) -> Result<()> {
    let pos = position(record.key);
    let command_key = [
        record.command_id.clone(),
        record.command_name.clone(),
        record.command_content.clone(),
        record.parameters.clone(),
        record.repeat_mode.to_string(),
        record.frequency.clone(),
        format!("{:?}", record.timeout),
    ];
    let next = commands.len() as i64 + 1;
    let command = *commands.entry(command_key).or_insert(next);
    if command == next {
        insert_command(database, record, command)?;
    }
    let mut statement = database
        .prepare_cached("INSERT INTO invocation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    statement.execute(params![
        pos,
        record.region_id,
        record.timed,
        record.resource_group_id,
        record.invoke_id,
        record.command_id,
        record.command_name,
        record.command_type as i64,
        record.repeat_mode as i64,
        command,
        record.creation_time,
        record.invocation_status.as_str(),
        record.invoke_status.as_str(),
    ])?;
    let mut by_status =
        database.prepare_cached("INSERT OR IGNORE INTO by_status VALUES (?, ?, ?, ?)")?;
    for status in [record.invocation_status.as_str(), record.invoke_status.as_str()] {
        by_status.execute(params![status, record.region_id, record.timed, pos])?;
    }
    let mut tag = database.prepare_cached("INSERT INTO tag VALUES (?, ?, ?, ?)")?;
    let mut by_key = database.prepare_cached("INSERT INTO by_tag_key VALUES (?, ?, ?, ?)")?;
    let mut by_tag = database.prepare_cached("INSERT INTO by_tag VALUES (?, ?, ?, ?, ?)")?;
    for (n, Tag { tag_key, tag_value }) in record.tags.tag.iter().enumerate() {
        tag.execute(params![pos, n as i64, tag_key, tag_value])?;
        by_key.execute(params![tag_key, record.region_id, record.timed, pos])?;
        by_tag.execute(params![tag_key, tag_value, record.region_id, record.timed, pos])?;
    }
    insert_runs(database, record, pos)
}

fn insert_command(database: &Connection, record: &Record, id: i64) -> Result<()> {
    let mut statement = database.prepare_cached(
        "INSERT INTO command VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    statement.execute(params![
        id,
        record.command_id,
        record.command_name,
        record.command_type.as_str(),
        record.command_description,
        record.command_content,
        record.parameters,
        record.repeat_mode.as_str(),
        record.frequency,
        record.timeout,
        record.working_dir,
        record.username,
        record.container_id,
        record.container_name,
        record.launcher,
        record.termination_mode,
        record.oss_output_delivery,
    ])?;
    Ok(())
}

fn insert_runs(database: &Connection, record: &Record, pos: i64) -> Result<()> {
    let mut statement = database.prepare_cached(
        "INSERT INTO run VALUES
            (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut by_instance = database.prepare_cached("INSERT INTO by_instance VALUES (?, ?, ?, ?)")?;
    for (n, run) in record.invoke_instances.invoke_instance.iter().enumerate() {
        statement.execute(params![
            pos,
            n as i64,
            run.instance_id,
            run.invocation_status.as_str(),
            run.instance_invoke_status.as_str(),
            run.timed,
            run.creation_time,
            run.update_time,
            run.start_time,
            run.finish_time,
            run.stop_time,
            run.repeats,
            run.exit_code,
            run.output,
            run.dropped as i64,
            run.error_code,
            run.error_info,
            run.oss_output_status,
            run.oss_output_uri,
            run.oss_output_error_code,
            run.oss_output_error_info,
        ])?;
        by_instance.execute(params![run.instance_id, record.region_id, record.timed, pos])?;
    }
    Ok(())
}

/// An enumerated value that is stored by name.
fn named<T>(row: &Row<'_>, at: usize, from_name: impl Fn(&str) -> Option<T>) -> Result<T> {
    let name = row.get_ref(at)?.as_str()?;
    Ok(from_name(name).expect("it was written from a value"))
}

fn read_record(row: &Row<'_>) -> Result<Record> {
    Ok(Record {
        key: (Timestamp::MIN, 0),
        region_id: String::new(),
        resource_group_id: String::new(),
        invoke_id: row.get(0)?,
        creation_time: row.get(1)?,
        invocation_status: named(row, 2, OverallStatus::from_name)?,
        invoke_status: named(row, 3, LegacyInvokeStatus::from_name)?,
        timed: row.get(4)?,
        command_id: row.get(5)?,
        command_name: row.get(6)?,
        command_type: named(row, 7, CommandType::from_name)?,
        command_description: row.get(8)?,
        command_content: row.get(9)?,
        parameters: row.get(10)?,
        repeat_mode: named(row, 11, RepeatMode::from_name)?,
        frequency: row.get(12)?,
        timeout: row.get(13)?,
        working_dir: row.get(14)?,
        username: row.get(15)?,
        container_id: row.get(16)?,
        container_name: row.get(17)?,
        launcher: row.get(18)?,
        termination_mode: row.get(19)?,
        oss_output_delivery: row.get(20)?,
        tags: Tags::default(),
        invoke_instances: Runs::default(),
    })
}

fn read_run(row: &Row<'_>) -> Result<Run> {
    Ok(Run {
        instance_id: row.get(0)?,
        invocation_status: named(row, 1, InvocationStatus::from_name)?,
        instance_invoke_status: named(row, 2, InstanceInvokeStatus::from_name)?,
        timed: row.get(3)?,
        creation_time: row.get(4)?,
        update_time: row.get(5)?,
        start_time: row.get(6)?,
        finish_time: row.get(7)?,
        stop_time: row.get(8)?,
        repeats: row.get(9)?,
        exit_code: row.get(10)?,
        output: String::new(),
        dropped: row.get::<_, i64>(11)? as u64,
        error_code: row.get(12)?,
        error_info: row.get(13)?,
        oss_output_status: row.get(14)?,
        oss_output_uri: row.get(15)?,
        oss_output_error_code: row.get(16)?,
        oss_output_error_info: row.get(17)?,
    })
}
