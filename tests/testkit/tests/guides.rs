//! The documents of the kit: their code is the code that runs, and they name what there is.

use invodex_testkit::dataset::Options;
use invodex_testkit::dataset::requests::{adversarial, classes};

#[test]
fn each_class_of_requests_is_documented() {
    let text = include_str!("../src/dataset/requests.rs");
    let docs: Vec<_> = text.lines().filter(|line| line.starts_with("//! |")).collect();
    let options = Options { count: 1_000, adversarial_lists: true, ..Options::default() };
    for class in classes(&options).into_iter().chain(adversarial(&options)) {
        let name = format!("`{}`", class.name);
        assert_eq!(docs.iter().filter(|line| line.contains(&name)).count(), 1, "{name}");
    }
}

#[test]
fn the_guides_show_the_code_that_runs() {
    let guides = [
        (include_str!("../guides/conformance.md"), include_str!("front_end.rs")),
        (include_str!("../guides/benchmark.md"), include_str!("../benches/front_end.rs")),
    ];
    for (guide, code) in guides {
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        assert!(code.lines().filter(is_code).count() <= 40, "a guide is one page");
        assert!(
            guide.contains(&format!("```rust\n{code}```\n")),
            "{}",
            guide.lines().next().unwrap()
        );
    }
}
