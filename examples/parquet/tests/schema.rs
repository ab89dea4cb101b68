//! `schema.md` lists the columns that the files have.

use std::fmt::Write as _;

use invodex_parquet::Table;

#[test]
fn the_page_lists_every_column() {
    let page = include_str!("../schema.md");
    for table in [Table::Invocations, Table::Runs] {
        let mut wanted = String::from("| column | type | NULL | |\n|---|---|---|---|\n");
        for column in table.columns() {
            let null = if column.nullable { "yes" } else { "" };
            let _ = writeln!(
                wanted,
                "| `{}` | {} | {null} | {} |",
                column.name,
                column.kind.parquet(),
                column.doc
            );
        }
        let (_, section) = page.split_once(&format!("## {}\n", table.name())).expect("a section");
        let section = section.split("\n## ").next().unwrap_or_default();
        assert!(
            section.contains(&wanted),
            "schema.md should have in `{}`:\n{wanted}",
            table.name()
        );
    }
}
