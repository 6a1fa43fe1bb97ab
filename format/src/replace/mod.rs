//! Replacing a file or folder in one step. The old one stays as it is until then.
//!
//! A new file is created in the folder of its name. If the file system can, it has no name at all until it is
//! finished (`O_TMPFILE`), so nothing is left of it however the process ends. On other file systems it has a hidden
//! name, as a new folder always has. Dropping the value that holds a hidden name removes the file or folder. A
//! process that ends without dropping such values calls [`abandon`].
//!
//! The new file or folder takes on the mode of the old one and, if the system allows, its owner and group. Symbolic
//! links are followed, and stay.

mod hidden;
mod new_file;
mod new_folder;
mod path;
mod permissions;
mod published;
mod rename;

pub use hidden::{Hidden, abandon};
pub use new_file::{NewName, new_file};
pub use new_folder::NewFolder;
pub use path::{folder_of, real_path, sync_folder};
pub(crate) use permissions::check_mode;
pub use published::Published;

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io;
    use std::path::Path;

    use super::new_file::named;
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let name = |e: io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    /// Both kinds of new file: without a name, and with a hidden one.
    fn both(target: &Path) -> [(File, NewName); 2] {
        let (file, hidden) = named(folder_of(target)).unwrap();
        [new_file(target).unwrap(), (file, NewName { target: target.to_owned(), hidden })]
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no files without a name")]
    fn a_new_file_takes_its_name_gives_it_back_and_keeps_it() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let target = root.join("x");
        for k in 0..2 {
            for (there, undoable) in [(false, false), (false, true), (true, true), (true, false)] {
                let _ = fs::remove_file(&target);
                if there {
                    fs::write(&target, "old").unwrap();
                }
                let (file, name) = both(&target).into_iter().nth(k).unwrap();
                io::Write::write_all(&mut &file, b"new").unwrap();
                let published = name.publish(&file, true, undoable).unwrap();
                assert_eq!(fs::read(&target).unwrap(), b"new");
                if undoable {
                    published.undo().unwrap();
                    assert_eq!(fs::read(&target).ok(), there.then(|| b"old".to_vec()));
                } else {
                    published.keep().unwrap();
                }
                assert!(names(&root).iter().all(|n| n == "x"), "{:?}", names(&root));
            }
            let (file, name) = both(&target).into_iter().nth(k).unwrap();
            let error = name.publish(&file, false, false).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(names(&root), ["x"]);
        }
    }

    /// One of the writers makes the file, and the others replace it.
    #[test]
    #[cfg_attr(miri, ignore = "Miri has no files without a name")]
    fn writers_at_once_replace_each_other() {
        let root = tempfile::tempdir().unwrap();
        for round in 0..100 {
            let path = root.path().join(round.to_string());
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let (file, name) = new_file(&path).unwrap();
                        name.publish(&file, true, false).unwrap();
                    });
                }
            });
            assert!(path.is_file());
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 100);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no files without a name")]
    fn folders_change_places() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let target = root.join("x");
        for undo in [true, false] {
            fs::create_dir_all(target.join("old")).unwrap();
            let new = NewFolder::create(&target, &root).unwrap();
            fs::write(new.path().join("new"), "").unwrap();
            let published = new.publish().unwrap();
            assert_eq!(names(&target), ["new"]);
            if undo { published.undo() } else { published.keep() }.unwrap();
            assert_eq!(names(&target), [if undo { "old" } else { "new" }]);
            assert_eq!(names(&root), ["x"]);
        }
    }
}
