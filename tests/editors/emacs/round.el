;;; round.el --- Edits a script in Emacs with eglot  -*- lexical-binding: t -*-

;;; Commentary:
;; Does what a person would do and reports what Emacs shows: JSON, one a line; `line' and `column' are 1-based
;; and count characters.

;;; Code:

(require 'cl-lib)
(require 'json)

(let ((site "/usr/share/emacs/site-lisp/elpa/"))
  (when (file-directory-p site)
    (dolist (folder (directory-files site t "\\`[^.]"))
      (when (file-directory-p folder)
        (add-to-list 'load-path folder)))))
(require 'rust-mode)
(require 'eglot)
(require 'flymake)

(defconst round-deadline 120)
(defvar round-status nil)

(defun round-report (event &rest fields)
  "Print EVENT with FIELDS, a property list."
  (princ (concat (json-encode (append (list :event event) fields)) "\n")))

(defun round-wait (what found)
  "Wait until FOUND gives something and return it; WHAT names it if it does not come."
  (let ((end (+ (float-time) round-deadline)) value)
    (while (and (not (setq value (funcall found))) (< (float-time) end))
      (accept-process-output nil 0.02))
    (unless value
      (round-report "gave up" :why what :status (format "%S" round-status)
                    :messages (with-current-buffer "*Messages*" (buffer-string)))
      (kill-emacs 1))
    value))

(cl-defmethod eglot-handle-notification (_server (_method (eql liveline/status)) &rest status)
  "Remember STATUS."
  (setq round-status status))

(defun round-live ()
  "The generation that an attached engine runs, once it is the newest."
  (let ((name (intern (concat ":" (getenv "LIBRARY")))))
    (cl-loop for library across (or (plist-get round-status :libraries) [])
             for generation = (plist-get library :generation)
             when (and (equal (plist-get library :library) (getenv "LIBRARY"))
                       (equal (plist-get library :state) "live")
                       (cl-some (lambda (engine)
                                  (eql generation (plist-get (plist-get engine :libraries) name)))
                                (plist-get round-status :engines)))
             return generation)))

(defun round-error ()
  "The first error that flymake shows."
  (cl-find-if (lambda (one) (memq (flymake-diagnostic-type one) '(eglot-error :error)))
              (flymake-diagnostics)))

(defun round-save-line (text)
  "Replace the line in question by TEXT and save."
  (goto-char (point-min))
  (forward-line (1- (string-to-number (getenv "LINE"))))
  (delete-region (line-beginning-position) (line-end-position))
  (insert text)
  (let ((inhibit-message t))
    (save-buffer)))

(defun round-shown (error)
  "Report where Emacs shows ERROR."
  (goto-char (flymake-diagnostic-beg error))
  (round-report "error" :line (line-number-at-pos)
                :column (1+ (- (point) (line-beginning-position)))
                :message (flymake-diagnostic-text error)))

(setq-default create-lockfiles nil
              make-backup-files nil)
(setq eglot-sync-connect t
      eglot-connect-timeout round-deadline
      eglot-autoshutdown nil
      coding-system-for-write 'utf-8
      coding-system-for-read 'utf-8)
(add-to-list 'eglot-server-programs `(rust-mode . (,(getenv "SERVER") "lsp")))
(find-file (getenv "FILE"))
(rust-mode)
(apply #'eglot--connect (eglot--guess-contact))
(flymake-mode 1)

(let ((before (round-wait "a live game" #'round-live)))
  (round-report "live" :generation before)
  (round-save-line (getenv "BROKEN"))
  (flymake-start)
  (round-shown (round-wait "the error" #'round-error))
  (round-save-line (getenv "MENDED"))
  (flymake-start)
  (round-wait "no error" (lambda () (not (round-error))))
  (round-report "mended" :generation
                (round-wait "the mended script"
                            (lambda ()
                              (let ((generation (round-live)))
                                (and generation (> generation before) generation))))))
(eglot-shutdown (eglot-current-server))
(kill-emacs 0)

;;; round.el ends here
