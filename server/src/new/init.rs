//! What an existing workspace lacks for its scripts to reload. Files that are there are the user's: what belongs into
//! them is said.

use std::path::Path;

use super::templates::{below, fill};
use super::{File, Member, Source, Workspace, editors};

/// What `liveline init` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The game's package.
    pub game: String,
    /// To be written where they are not there.
    pub files: Vec<File>,
    /// To be done by the user.
    pub by_hand: Vec<ByHand>,
}

/// Lines for a file that is the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// The file, and where in it.
    pub place: String,
    /// What to write there.
    pub lines: String,
}

/// What to do in a workspace for the game of this name, or for its only one. An error is a sentence.
pub fn plan(workspace: &Workspace, game: Option<&str>, source: &Source) -> Result<Plan, String> {
    let member = choose(workspace, game)?;
    let (program, main) = &member.programs[0];
    let mut files = Vec::new();
    let mut by_hand = Vec::new();
    if !workspace.live.contains(&member.name) {
        let names = Names::of(member, source);
        names.check(workspace)?;
        files.extend(names.files());
        by_hand.extend(names.by_hand(workspace, member, main));
    }
    files.push(File { path: ".gitignore".into(), text: "/target\n".to_owned() });
    files.extend(editors::files(editors::Game {
        program: &in_vs_code(workspace, &workspace.target.join("debug").join(program)),
        build: &format!("cargo build -p {}", member.name),
    }));
    Ok(Plan { game: member.name.clone(), files, by_hand })
}

fn choose<'a>(workspace: &'a Workspace, game: Option<&str>) -> Result<&'a Member, String> {
    let games: Vec<&Member> = workspace.members.iter().filter(|member| !member.programs.is_empty()).collect();
    let live =
        || games.iter().copied().filter(|game| workspace.live.contains(&game.name)).collect::<Vec<_>>();
    let names = || games.iter().map(|game| game.name.as_str()).collect::<Vec<_>>().join(", ");
    let root = workspace.root.display();
    match (game, games.as_slice()) {
        (_, []) => Err(format!(
            "{root} has no package with a program, so there is no game to load scripts; add its `src/main.rs` first, \
             or start with `liveline new`"
        )),
        (Some(name), _) => games.iter().copied().find(|game| game.name == name).ok_or_else(|| {
            format!(
                "{root} has no package `{name}` with a program; name one of these with --game: {}",
                names()
            )
        }),
        (None, [game]) => Ok(game),
        (None, _) => match live().as_slice() {
            [game] => Ok(game),
            _ => Err(format!("{root} has several programs; name the game with --game: {}", names())),
        },
    }
}

/// A path as `launch.json` has it.
fn in_vs_code(workspace: &Workspace, path: &Path) -> String {
    let inside = path.strip_prefix(&workspace.root).ok();
    let path =
        inside.map_or(path.display().to_string(), |path| format!("${{workspaceFolder}}/{}", path.display()));
    let quoted = serde_json::Value::from(path).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The packages that are added, by the game's name.
struct Names {
    game: String,
    api: String,
    scripts: String,
    liveline: String,
}

impl Names {
    fn of(game: &Member, source: &Source) -> Self {
        Self {
            game: game.name.clone(),
            api: format!("{}-api", game.name),
            scripts: format!("{}-scripts", game.name),
            liveline: source.dependency("engine"),
        }
    }

    /// A package of one of these names that lies elsewhere would be in the way.
    fn check(&self, workspace: &Workspace) -> Result<(), String> {
        let taken = workspace.members.iter().find(|member| {
            [&self.api, &self.scripts].contains(&&member.name) && member.folder != Path::new(&member.name)
        });
        match taken {
            Some(member) => Err(format!(
                "the package `{}` is there already, in {}, and init would add another one of that name; rename it, or \
                 follow \"In your own engine\" in Liveline's README by hand",
                member.name,
                member.folder.display()
            )),
            None => Ok(()),
        }
    }

    fn fill(&self, text: &str) -> String {
        let api_crate = self.api.replace('-', "_");
        let scripts_crate = self.scripts.replace('-', "_");
        fill(
            text,
            &[
                ("game", &self.game),
                ("api", &self.api),
                ("scripts", &self.scripts),
                ("api_crate", &api_crate),
                ("scripts_crate", &scripts_crate),
                ("liveline", &self.liveline),
            ],
        )
    }

    fn files(&self) -> Vec<File> {
        let mut files = below("assets/templates/init", &[]);
        for File { path, text } in &mut files {
            let mut parts = path.iter();
            let folder = match parts.next().and_then(|part| part.to_str()) {
                Some("api") => self.api.as_str(),
                Some("scripts") => self.scripts.as_str(),
                Some(other) => other,
                None => continue,
            };
            let rest: std::path::PathBuf = parts.collect();
            // Joining nothing would add a slash.
            *path = if rest.as_os_str().is_empty() { folder.into() } else { Path::new(folder).join(rest) };
            *text = self.fill(text);
        }
        files
    }

    fn by_hand(&self, workspace: &Workspace, game: &Member, main: &Path) -> Vec<ByHand> {
        let manifest = game.folder.join("Cargo.toml");
        let up = game.folder.iter().map(|_| "../").collect::<String>();
        let hand = |place: String, text: &str| ByHand { place, lines: self.fill(text) };
        let mut steps = Vec::new();
        if !workspace.has_table {
            steps.push(hand("Cargo.toml, at its end".to_owned(), "[workspace]\n"));
        }
        let dependencies = format!(
            "liveline = {{{{liveline}}}}\n{{{{api}}}} = {{ path = \"{up}{{{{api}}}}\" }}\n\
             {{{{scripts}}}} = {{ path = \"{up}{{{{scripts}}}}\" }}\n"
        );
        steps.push(hand(format!("{}, below [dependencies]", manifest.display()), &dependencies));
        steps.push(hand("Cargo.toml, for debuggers that start the game".to_owned(), PROFILE));
        let main = main.display();
        steps.push(hand(format!("{main}, at its top"), USE));
        steps.push(hand(format!("{main}, before the game's loop"), BEFORE));
        steps.push(hand(format!("{main}, once in each frame"), FRAME));
        steps
    }
}

const PROFILE: &str = "[profile.dev]\nrpath = true\n\n\
                       [profile.dev.package]\nliveline-link.opt-level = 3\nsha2.opt-level = 3\n";
const USE: &str = "use {{scripts_crate}} as _; // links them, though nothing names them\n";
const BEFORE: &str = "let mut scripts = liveline::attach::<dyn {{api_crate}}::Script>().expect(\"a place for scripts\");\n\
                      let mut hello = scripts.spawn(\"hello\").expect(\"the script `hello`\");\n\
                      let mut script_world = {{api_crate}}::World::default();\n";
const FRAME: &str = "scripts.poll(); // the only place where code changes\n\
                     if let Err(fault) = hello.update(&mut script_world, 1.0 / 60.0) { eprintln!(\"{fault}\"); }\n";

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn member(name: &str, folder: &str, programs: &[&str]) -> Member {
        let program = |name: &&str| ((*name).to_owned(), Path::new(folder).join("src/main.rs"));
        Member {
            name: name.to_owned(),
            folder: folder.into(),
            programs: programs.iter().map(program).collect(),
        }
    }

    fn workspace(members: Vec<Member>) -> Workspace {
        Workspace {
            root: "/w".into(),
            target: "/w/target".into(),
            members,
            has_table: true,
            live: Vec::new(),
        }
    }

    fn paths(plan: &Plan) -> Vec<&Path> {
        plan.files.iter().map(|file| file.path.as_path()).collect()
    }

    #[test]
    fn a_game_gets_packages_of_its_name_and_is_told_what_is_left() {
        let space = workspace(vec![member("doom", "crates/doom", &["doom"]), member("maths", "maths", &[])]);
        let plan = plan(&space, None, &Source::Published).unwrap();
        let paths = paths(&plan);
        for path in
            ["doom-api/Cargo.toml", "doom-scripts/src/hello.rs", "liveline.toml", ".vscode/launch.json"]
        {
            assert!(paths.contains(&Path::new(path)), "{path} in {paths:?}");
        }
        assert!(plan.files.iter().all(|file| !file.text.contains("{{")), "{plan:#?}");
        let all: Vec<(&str, &str)> =
            plan.by_hand.iter().map(|step| (step.place.as_str(), step.lines.as_str())).collect();
        assert_eq!(all[0].0, "crates/doom/Cargo.toml, below [dependencies]");
        assert!(all[0].1.contains("doom-api = { path = \"../../doom-api\" }"), "{}", all[0].1);
        assert!(all.iter().any(|(place, _)| place.starts_with("crates/doom/src/main.rs, once")));
        assert!(!all.iter().any(|(_, lines)| lines.contains("[workspace]")));
    }

    #[test]
    fn a_lone_package_becomes_a_workspace() {
        let space = Workspace { has_table: false, ..workspace(vec![member("doom", "", &["doom"])]) };
        let plan = plan(&space, None, &Source::Published).unwrap();
        assert_eq!(plan.by_hand[0].lines, "[workspace]\n");
        assert_eq!(plan.by_hand[1].place, "Cargo.toml, below [dependencies]");
        assert!(plan.by_hand[1].lines.contains("path = \"doom-api\""));
    }

    #[test]
    fn what_reloads_already_gets_editor_files_alone() {
        let mut space = workspace(vec![member("doom", "doom", &["doom"]), member("tool", "tool", &["tool"])]);
        space.live = vec!["doom".to_owned()];
        let plan = plan(&space, None, &Source::Published).unwrap();
        assert_eq!((plan.game.as_str(), plan.by_hand.len()), ("doom", 0));
        assert!(!paths(&plan).contains(&Path::new("liveline.toml")));
        assert!(paths(&plan).contains(&Path::new(".vscode/launch.json")));
    }

    #[test]
    fn which_game_is_asked_where_it_cannot_be_known() {
        let space = workspace(vec![member("doom", "doom", &["doom"]), member("tool", "tool", &["tool"])]);
        let error = |space: &Workspace, game| plan(space, game, &Source::Published).unwrap_err();
        assert!(error(&space, None).contains("--game: doom, tool"));
        assert!(error(&space, Some("quake")).contains("no package `quake`"));
        assert_eq!(plan(&space, Some("tool"), &Source::Published).unwrap().game, "tool");
        assert!(error(&workspace(vec![member("maths", "maths", &[])]), None).contains("liveline new"));
        let other = workspace(vec![member("doom", "doom", &["doom"]), member("doom-api", "lib/api", &[])]);
        assert!(error(&other, None).contains("lib/api"));
    }

    #[test]
    fn the_program_is_named_as_the_editor_finds_it() {
        let mut space = workspace(vec![member("doom", "doom", &["doom"])]);
        let program = |space: &Workspace| in_vs_code(space, &space.target.join("debug/doom"));
        assert_eq!(program(&space), "${workspaceFolder}/target/debug/doom");
        space.target = PathBuf::from("/else\"where");
        assert_eq!(program(&space), "/else\\\"where/debug/doom");
    }
}
