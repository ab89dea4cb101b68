//! Finds the imports between the source files of a crate, and the circles among them.
//!
//! For each folder its members are compared: every file in it, every folder in it as a whole, and
//! the folder's parent file (`model.rs` for `model/`, `lib.rs` or `main.rs` for the root).
//!
//! - A member imports another one if its code names it: in a `use`, or by a path that starts with
//!   `crate`, `super`, `self` or the name of a child module.
//! - A re-export stands for the place it re-exports. A file that imports `super::Tag`, where the
//!   parent file has `pub use tags::Tag`, imports `tags.rs`.
//! - A parent file declares its children, and re-exports them; neither is an import. It is the
//!   definition that its children share (`struct Store` with an `impl Store` in each child), so
//!   children may name what it defines itself, and it may call its children.
//! - Unit tests (`#[cfg(test)] mod ...`) may import any file.

use std::collections::{BTreeMap, BTreeSet};

/// Reads `text` as identifiers, `::` and single other characters, without comments and literals.
fn tokens(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let at = |at: usize| letters.get(at).copied().unwrap_or('\0');
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < letters.len() {
        if at(i) == '/' && at(i + 1) == '/' {
            i += letters[i..].iter().take_while(|&&letter| letter != '\n').count();
        } else if at(i) == '"' {
            i += 1;
            while i < letters.len() && at(i) != '"' {
                i += if at(i) == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if at(i) == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            // A character, not a lifetime: an escape starts with two characters.
            i += 3;
            while i < letters.len() && at(i - 1) != '\'' {
                i += 1;
            }
        } else if at(i) == 'r' && (at(i + 1) == '"' || (at(i + 1) == '#' && !is_word(at(i + 2)))) {
            let hashes = letters[i + 1..].iter().take_while(|&&letter| letter == '#').count();
            i += hashes + 2;
            while i < letters.len()
                && !(at(i) == '"' && (1..=hashes).all(|hash| at(i + hash) == '#'))
            {
                i += 1;
            }
            i += hashes + 1;
        } else if is_word(at(i)) {
            let word: String = letters[i..].iter().take_while(|&&letter| is_word(letter)).collect();
            i += word.chars().count();
            // The prefix of a literal (`b"..."`, `br"..."`) is no identifier.
            if !(["b", "br", "c"].contains(&&*word) && ['"', '#'].contains(&at(i))) {
                tokens.push(word);
            } else if word == "br" {
                // Read the rest as a raw string.
                i -= 1;
            }
        } else if at(i) == ':' && at(i + 1) == ':' {
            tokens.push("::".to_owned());
            i += 2;
        } else {
            if !at(i).is_whitespace() {
                tokens.push(at(i).to_string());
            }
            i += 1;
        }
    }
    tokens
}

/// A path that a module names, and the name it has there: `None` if it is no `use`, `*` for a glob.
struct Named {
    module: Vec<String>,
    path: Vec<String>,
    name: Option<String>,
    /// A `pub use` of any visibility.
    is_exported: bool,
}

/// A file: its module path, the paths in its code, and the names of the items that it defines.
struct File {
    module: Vec<String>,
    named: Vec<Named>,
    defined: BTreeSet<String>,
}

/// Reads the tree of a `use` from `at`, and leaves `at` behind it.
fn use_tree(tokens: &[String], at: &mut usize, prefix: &[String], leaves: &mut Vec<Leaf>) {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(*at).map_or(";", |token| token) {
            "{" => {
                *at += 1;
                while tokens.get(*at).is_some_and(|token| token != "}") {
                    use_tree(tokens, at, &path, leaves);
                    *at += usize::from(tokens.get(*at).is_some_and(|token| token == ","));
                }
                *at += 1;
                return;
            }
            "::" => *at += 1,
            "as" => {
                let name = tokens.get(*at + 1).cloned();
                *at += 2;
                leaves.push((path, name));
                return;
            }
            "," | ";" | "}" => {
                if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                    path.pop();
                }
                let name = match path.last() {
                    Some(last) if last == "*" => path.pop(),
                    last => last.cloned(),
                };
                leaves.push((path, name));
                return;
            }
            part => {
                path.push(part.to_owned());
                *at += 1;
            }
        }
    }
}

type Leaf = (Vec<String>, Option<String>);

fn read(module: Vec<String>, text: &str) -> File {
    const ITEMS: [&str; 8] =
        ["struct", "enum", "fn", "trait", "type", "const", "static", "macro_rules"];
    let tokens = tokens(text);
    let token = |at: usize| tokens.get(at).map_or("", |token| token);
    let mut file = File { module: module.clone(), named: Vec::new(), defined: BTreeSet::new() };
    // The inline modules around the place, each with the depth of braces in front of it.
    let (mut inside, mut depth): (Vec<(usize, String)>, usize) = (Vec::new(), 0);
    let mut i = 0;
    while i < tokens.len() {
        let here = || {
            let inner = inside.iter().map(|(_, name)| name.clone());
            module.iter().cloned().chain(inner).collect::<Vec<_>>()
        };
        match token(i) {
            "mod" if token(i + 2) == "{" => {
                let is_test = i > 6 && tokens[i - 7..i].concat() == "#[cfg(test)]";
                if is_test {
                    let mut open = 1;
                    i += 3;
                    while i < tokens.len() && open > 0 {
                        open += usize::from(token(i) == "{");
                        open -= usize::from(token(i) == "}");
                        i += 1;
                    }
                    continue;
                }
                inside.push((depth, token(i + 1).to_owned()));
                i += 2;
                continue;
            }
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inside.last().is_some_and(|(before, _)| *before == depth) {
                    inside.pop();
                }
            }
            // `use<'a>` captures a lifetime.
            "use" if token(i + 1) != "<" => {
                let is_exported = i > 0 && (token(i - 1) == "pub" || token(i - 1) == ")");
                let module = here();
                let mut leaves = Vec::new();
                i += 1;
                use_tree(&tokens, &mut i, &[], &mut leaves);
                file.named.extend(leaves.into_iter().map(|(path, name)| Named {
                    module: module.clone(),
                    path,
                    name,
                    is_exported,
                }));
                continue;
            }
            word if token(i + 1) == "::" && (i == 0 || token(i - 1) != "::") => {
                let mut path = vec![word.to_owned()];
                while token(i + 1) == "::" && token(i + 2).starts_with(char::is_alphabetic) {
                    path.push(token(i + 2).to_owned());
                    i += 2;
                }
                file.named.push(Named { module: here(), path, name: None, is_exported: false });
            }
            item if ITEMS.contains(&item) => {
                let name = if token(i + 1) == "!" { token(i + 2) } else { token(i + 1) };
                file.defined.insert(name.to_owned());
            }
            _ => {}
        }
        i += 1;
    }
    file
}

/// The files of a crate by their module paths.
struct Crate(BTreeMap<Vec<String>, File>);

impl Crate {
    fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = files.into_iter().map(|(path, text)| {
            let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
            let is_root = ["lib", "main"].contains(&module);
            let parts = module.split('/').filter(|_| !is_root).map(str::to_owned);
            let module: Vec<String> = parts.collect();
            (module.clone(), read(module, text))
        });
        Crate(files.collect())
    }

    /// The path from the root of the crate, or `None` if it leads out of the crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut from = module.to_vec();
        match first.as_str() {
            "crate" => from.clear(),
            "self" => {}
            "super" => {
                from.pop();
                if rest.first().is_some_and(|next| next == "super" || next == "self") {
                    return self.absolute(&from, rest);
                }
            }
            _ => {
                from.push(first.clone());
                if !self.0.contains_key(&from) {
                    return None;
                }
            }
        }
        from.extend_from_slice(rest);
        Some(from)
    }

    /// The module whose file defines the item of an absolute path; re-exports are followed.
    fn definition(&self, path: &[String], depth: usize) -> Vec<String> {
        let mut module: Vec<String> = Vec::new();
        for (at, part) in path.iter().enumerate() {
            module.push(part.clone());
            if self.0.contains_key(&module) {
                continue;
            }
            module.pop();
            let Some(file) = self.0.get(&module).filter(|_| depth < 16) else { break };
            if file.defined.contains(part) {
                break;
            }
            for used in file.named.iter().filter(|used| used.module == module) {
                let Some(name) = &used.name else { continue };
                let Some(mut target) = self.absolute(&module, &used.path) else { continue };
                if name == part {
                    target.extend_from_slice(&path[at + 1..]);
                    return self.definition(&target, depth + 1);
                }
                if name == "*" && self.0.get(&target).is_some_and(|f| f.defined.contains(part)) {
                    return target;
                }
            }
            break;
        }
        module
    }

    /// For each folder the imports between its members.
    fn imports(&self) -> BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> {
        let mut imports: BTreeMap<_, BTreeMap<_, BTreeSet<_>>> = BTreeMap::new();
        for file in self.0.values() {
            for used in file.named.iter().filter(|used| !used.is_exported) {
                let Some(path) = self.absolute(&used.module, &used.path) else { continue };
                let target = self.definition(&path, 0);
                let common = file.module.iter().zip(&target).take_while(|(a, b)| a == b).count();
                // Not an import if one of the two is the parent file of their common folder.
                if let (Some(from), Some(to)) = (file.module.get(common), target.get(common)) {
                    let folder = imports.entry(file.module[..common].to_vec()).or_default();
                    folder.entry(from.clone()).or_default().insert(to.clone());
                }
            }
        }
        imports
    }
}

/// The shortest way through `imports` from `start` back to it.
fn circle(imports: &BTreeMap<String, BTreeSet<String>>, start: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in way.last().and_then(|last| imports.get(last)).into_iter().flatten() {
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    longer.push([&way[..], std::slice::from_ref(next)].concat());
                }
            }
        }
        ways = longer;
    }
    None
}

/// The circles among the members of each folder of a crate: a folder's path, and a shortest circle
/// through each member that is in one, each circle once. `files` are paths below the crate's `src`
/// and their texts.
pub(crate) fn circles<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (folder, imports) in Crate::new(files).imports() {
        let mut known = BTreeSet::new();
        for start in imports.keys() {
            let Some(circle) = circle(&imports, start) else { continue };
            if known.insert(circle.iter().cloned().collect::<BTreeSet<_>>()) {
                let files = circle.iter().map(|member| format!("{member}.rs")).collect();
                found.push((folder.join("/"), files));
            }
        }
    }
    found
}
