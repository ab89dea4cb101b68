//! A request as SQL, in three forms of which any may be the fastest: joins in the planner's order;
//! a walk of the rarest filter that tests the others; a walk of the list that tests all filters.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use crate::support::wanted::Wanted;

/// A statement and the values that are bound to it.
#[derive(Clone, Debug)]
pub struct Sql {
    pub text: String,
    pub values: Vec<Value>,
}

/// One form: its tables, its conditions, and the column with the row's position.
pub struct Form {
    from: String,
    conditions: Vec<String>,
    values: Vec<Value>,
    pos: &'static str,
}

impl Form {
    /// The page behind `pos`.
    pub fn page(&self, pos: i64, rows: usize) -> Sql {
        let mut values = self.values.clone();
        values.extend([Value::Integer(pos), Value::Integer(rows as i64)]);
        let text = format!(
            "SELECT {pos} FROM {} WHERE {} AND {pos} < ? ORDER BY {pos} DESC LIMIT ?",
            self.from,
            self.conditions.join(" AND "),
            pos = self.pos,
        );
        Sql { text, values }
    }

    pub fn total(&self) -> Sql {
        let conditions = self.conditions.join(" AND ");
        let text = format!("SELECT COUNT(*) FROM {} WHERE {conditions}", self.from);
        Sql { text, values: self.values.clone() }
    }
}

/// A filter with a table of its own, which maps a value to positions.
struct Link {
    table: &'static str,
    columns: &'static [&'static str],
    values: Vec<Value>,
}

/// Region and Timed, the first columns of every index.
struct Scope {
    values: Vec<Value>,
}

impl Scope {
    fn of(wanted: &Wanted) -> Self {
        let mut values = vec![text(&wanted.region_id)];
        values.extend(wanted.timed.map(|timed| Value::Integer(i64::from(timed))));
        Scope { values }
    }

    fn conditions(&self, alias: &str) -> Vec<String> {
        let columns = ["region", "timed"];
        columns[..self.values.len()].iter().map(|name| format!("{alias}.{name} = ?")).collect()
    }
}

impl Link {
    fn conditions(&self, alias: &str, scope: &Scope) -> Vec<String> {
        let own = self.columns.iter().map(|name| format!("{alias}.{name} = ?"));
        own.chain(scope.conditions(alias)).collect()
    }

    fn bound(&self, scope: &Scope) -> impl Iterator<Item = Value> {
        self.values.clone().into_iter().chain(scope.values.clone())
    }

    fn exists(&self, pos: &str, scope: &Scope) -> String {
        let conditions = self.conditions("x", scope).join(" AND ");
        format!("EXISTS (SELECT 1 FROM {} x WHERE {conditions} AND x.pos = {pos})", self.table)
    }

    fn count(&self, database: &Connection, scope: &Scope) -> Result<i64> {
        let conditions = self.conditions("x", scope).join(" AND ");
        let sql = format!("SELECT COUNT(*) FROM {} x WHERE {conditions}", self.table);
        database.query_row(&sql, params_from_iter(self.bound(scope)), |row| row.get(0))
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// The filters on columns of the record itself.
fn own_columns(wanted: &Wanted) -> (Vec<String>, Vec<Value>) {
    let number = |value: i64| Value::Integer(value);
    let filters = [
        ("invoke_id", wanted.invoke_id.as_deref().map(text)),
        ("resource_group", wanted.resource_group_id.as_deref().map(text)),
        ("command_id", wanted.command_id.as_deref().map(text)),
        ("command_name", wanted.command_name.as_deref().map(text)),
        ("command_type", wanted.command_type.map(|value| number(value as i64))),
        ("repeat_mode", wanted.repeat_mode.map(|value| number(value as i64))),
    ];
    filters.into_iter().filter_map(|(name, value)| Some((format!("i.{name} = ?"), value?))).unzip()
}

fn links(wanted: &Wanted) -> Vec<Link> {
    let mut links = Vec::new();
    let mut add = |table, columns, values| links.push(Link { table, columns, values });
    if let Some(status) = &wanted.status {
        add("by_status", &["status"], vec![text(status)]);
    }
    if let Some(instance) = &wanted.instance_id {
        add("by_instance", &["instance"], vec![text(instance)]);
    }
    for (key, value) in &wanted.tags {
        match value {
            None => add("by_tag_key", &["key"], vec![text(key)]),
            Some(value) => add("by_tag", &["key", "value"], vec![text(key), text(value)]),
        }
    }
    links
}

/// The forms of a request.
pub fn forms(database: &Connection, wanted: &Wanted) -> Result<Vec<Form>> {
    let scope = Scope::of(wanted);
    let links = links(wanted);
    let mut forms = vec![walk_list(wanted, &links, &scope)];
    if !links.is_empty() {
        forms.push(joins(wanted, &links, &scope));
        forms.push(walk_rarest(database, wanted, &links, &scope)?);
    }
    Ok(forms)
}

fn walk_list(wanted: &Wanted, links: &[Link], scope: &Scope) -> Form {
    let (own, own_values) = own_columns(wanted);
    let mut conditions = scope.conditions("i");
    let mut values = scope.values.clone();
    conditions.extend(own);
    values.extend(own_values);
    for link in links {
        conditions.push(link.exists("i.pos", scope));
        values.extend(link.bound(scope));
    }
    Form { from: "invocation i".into(), conditions, values, pos: "i.pos" }
}

fn joins(wanted: &Wanted, links: &[Link], scope: &Scope) -> Form {
    let (own, own_values) = own_columns(wanted);
    let mut tables = Vec::new();
    let (mut conditions, mut values) = (Vec::new(), Vec::new());
    for (at, link) in links.iter().enumerate() {
        let alias = format!("l{at}");
        tables.push(format!("{} {alias}", link.table));
        conditions.extend(link.conditions(&alias, scope));
        values.extend(link.bound(scope));
        if at > 0 {
            conditions.push(format!("{alias}.pos = l0.pos"));
        }
    }
    if !own.is_empty() {
        tables.push("invocation i".into());
        conditions.extend(scope.conditions("i"));
        values.extend(scope.values.clone());
        conditions.extend(own);
        values.extend(own_values);
        conditions.push("i.pos = l0.pos".into());
    }
    Form { from: tables.join(" JOIN "), conditions, values, pos: "l0.pos" }
}

fn walk_rarest(
    database: &Connection,
    wanted: &Wanted,
    links: &[Link],
    scope: &Scope,
) -> Result<Form> {
    let mut counted = Vec::new();
    for link in links {
        counted.push((link.count(database, scope)?, link));
    }
    counted.sort_by_key(|&(count, _)| count);
    let (_, first) = counted[0];
    let mut conditions = first.conditions("d", scope);
    let mut values: Vec<Value> = first.bound(scope).collect();
    let mut from = format!("{} d", first.table);
    for (_, link) in &counted[1..] {
        conditions.push(link.exists("d.pos", scope));
        values.extend(link.bound(scope));
    }
    let (own, own_values) = own_columns(wanted);
    if !own.is_empty() {
        from.push_str(" CROSS JOIN invocation i");
        conditions.push("i.pos = d.pos".into());
        conditions.extend(own);
        values.extend(own_values);
    }
    Ok(Form { from, conditions, values, pos: "d.pos" })
}
