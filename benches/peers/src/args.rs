//! The command line.

use std::path::PathBuf;

pub const USAGE: &str = "\
invodex measured beside what one would write or take instead

usage: invodex-peers [OPTIONS]

  --records N      records of the data set (100000)
  --quick          fewer rounds, fewer writes, no more than 100,000 records
  --large          growth up to 10,000,000 records
  --only SECTION   only find, answer, cold, write, memory, growth, shared or load; may be repeated
  --check          exit with 1 and name every figure that misses its limit
  --json FILE      write all figures as JSON
  --markdown FILE  write them in short, as tables
  --svg FILE       write the plot
  --equal-only     only check that all answers are equal";

/// The sections.
pub const SECTIONS: [&str; 8] =
    ["find", "answer", "cold", "write", "memory", "growth", "shared", "load"];

#[derive(Clone, Debug)]
pub struct Args {
    pub records: usize,
    pub quick: bool,
    pub large: bool,
    pub check: bool,
    pub equal_only: bool,
    pub only: Vec<String>,
    pub json: Option<PathBuf>,
    pub markdown: Option<PathBuf>,
    pub svg: Option<PathBuf>,
}

impl Args {
    pub fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Args {
            records: 100_000,
            quick: false,
            large: false,
            check: false,
            equal_only: false,
            only: Vec::new(),
            json: None,
            markdown: None,
            svg: None,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--records" => {
                    let text = value()?;
                    let records = text.replace('_', "").parse().ok().filter(|&count| count >= 10);
                    parsed.records =
                        records.ok_or_else(|| format!("--records {text}: not a number from 10"))?;
                }
                "--quick" => parsed.quick = true,
                "--large" => parsed.large = true,
                "--check" => parsed.check = true,
                "--equal-only" => parsed.equal_only = true,
                "--only" => {
                    let section = value()?;
                    if !SECTIONS.contains(&section.as_str()) {
                        return Err(format!("--only {section}: one of {}", SECTIONS.join(", ")));
                    }
                    parsed.only.push(section);
                }
                "--json" => parsed.json = Some(value()?.into()),
                "--markdown" => parsed.markdown = Some(value()?.into()),
                "--svg" => parsed.svg = Some(value()?.into()),
                _ => return Err(format!("{arg}: unknown option")),
            }
        }
        Ok(parsed)
    }

    pub fn wants(&self, section: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == section)
    }
}
