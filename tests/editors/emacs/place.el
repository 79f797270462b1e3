;;; place.el --- Where what the tests load is  -*- lexical-binding: t -*-

;;; Code:

(let ((site "/usr/share/emacs/site-lisp/elpa/"))
  (when (file-directory-p site)
    (dolist (folder (directory-files site t "\\`[^.]"))
      (when (file-directory-p folder)
        (add-to-list 'load-path folder)))))
(add-to-list 'load-path (getenv "LIVELINE_EMACS"))
(add-to-list 'load-path (file-name-directory load-file-name))
(setq coding-system-for-write 'utf-8
      coding-system-for-read 'utf-8)

;;; place.el ends here
