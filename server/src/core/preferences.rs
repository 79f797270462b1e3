//! What is done as a person wants it: by an editor's settings, else by `liveline.toml`.

use super::*;

impl Core {
    /// A face's user wants something; nothing when the face is gone.
    pub(super) fn prefers(
        &mut self,
        face: FaceId,
        preferences: Option<Preferences>,
        now: Now,
        actions: &mut Vec<Action>,
    ) {
        let was_at = self.applies_at();
        self.preferences.retain(|(other, _)| *other != face);
        self.preferences.extend(preferences.map(|preferences| (face, preferences)));
        if self.applies_at() != was_at {
            self.leave_live_mode(now, actions);
        }
    }

    /// Whether unsaved text is built.
    pub(super) fn speculates(&self) -> bool {
        self.wanted().speculate.unwrap_or_else(|| self.configured(|config| config.build.speculate))
    }

    /// When a good build goes to engines.
    pub(super) fn applies_at(&self) -> Apply {
        self.wanted().apply.unwrap_or_else(|| self.configured(|config| config.build.apply))
    }

    /// The loader to prefer.
    pub(super) fn loader(&self) -> Option<Loader> {
        self.wanted().loader.or_else(|| self.configured(|config| config.engine.loader))
    }

    fn wanted(&self) -> Preferences {
        let newest_first = self.preferences.iter().rev();
        newest_first.fold(Preferences::default(), |wanted, (_, preferences)| wanted.or(*preferences))
    }

    /// The file's word; before there is a project, that of an empty file.
    fn configured<T>(&self, of: impl Fn(&Config) -> T) -> T {
        self.project.as_ref().map_or_else(|| of(&Config::default()), |project| of(&project.config))
    }

    /// An editor shows `liveline.toml` with this text; nothing where it shows what is on the disk.
    pub(super) fn config_edited(&mut self, path: &Path, text: Option<&str>, actions: &mut Vec<Action>) {
        if !path.ends_with(config::FILE) || !self.is_config(path) {
            return;
        }
        let of_disk = self.trouble.as_ref().map(trouble_diagnostic);
        let diagnostic = match text {
            None => of_disk,
            Some(text) => match config::parse(text) {
                Err(error) => Some(trouble_diagnostic(&Broken::in_config(path, error))),
                // What the file lacks on the disk, it may have now.
                Ok(_) => {
                    of_disk.filter(|_| self.trouble.as_ref().is_some_and(|trouble| trouble.path != path))
                }
            },
        };
        // Its place is one of what is shown, which the disk may not have.
        let seen = text.map(|text| (path.to_owned(), hash(text.as_bytes()))).into_iter().collect();
        show_unsaved(self.book.replace(WORKSPACE, diagnostic.into_iter().collect()), &seen, actions);
    }

    fn is_config(&self, path: &Path) -> bool {
        match &self.project {
            Some(project) => path.parent() == Some(&project.root),
            // It may be what keeps the project from loading.
            None => self.trouble.as_ref().is_some_and(|trouble| trouble.path == path),
        }
    }
}
