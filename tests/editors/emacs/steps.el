;;; steps.el --- What the scripts beside this one share  -*- lexical-binding: t -*-

;;; Commentary:
;; Reports, waits with a deadline, what is to be seen in Emacs, and how a file is opened in it.  Reports are JSON, one
;; a line; `line' and `column' are 1-based and count characters.

;;; Code:

(require 'cl-lib)
(require 'json)
(require 'rust-mode)
(require 'flymake)

(defconst steps-deadline 100)
(defconst steps-library (getenv "LIBRARY"))

(defun steps-report (event &rest fields)
  "Print EVENT with FIELDS, a property list, and what the mode line says."
  (princ (concat (json-encode (append (list :event event :words (liveline-mode-line)) fields)) "\n")))

(defun steps-wait (what found)
  "Wait until FOUND gives something and return it; WHAT names it if it does not come."
  (let ((end (+ (float-time) steps-deadline)) value)
    (while (and (not (setq value (funcall found))) (< (float-time) end))
      (accept-process-output nil 0.02))
    (unless value
      (steps-report "gave up" :why what :status (format "%S" (liveline-status))
                    :shown (mapconcat #'flymake-diagnostic-text (flymake-diagnostics) "\n")
                    :messages (with-current-buffer "*Messages*" (buffer-string)))
      (kill-emacs 1))
    value))

(defun steps-live ()
  "The generation that an attached engine runs, once it is what engines are to run."
  (let ((name (intern (concat ":" steps-library))))
    (cl-loop for library across (or (plist-get (liveline-status) :libraries) [])
             for generation = (or (plist-get library :undone) (plist-get library :generation))
             when (and (equal (plist-get library :library) steps-library)
                       (equal (plist-get library :state) "live")
                       (cl-some (lambda (engine)
                                  (eql generation (plist-get (plist-get engine :libraries) name)))
                                (plist-get (liveline-status) :engines)))
             return generation)))

(defun steps-live-where (fits)
  "The live generation, when FITS says so of it."
  (lambda ()
    (let ((generation (steps-live)))
      (and generation (funcall fits generation) generation))))

(defun steps-first (text)
  "The first error whose message has TEXT, of what flymake shows."
  (flymake-start)
  (cl-find-if (lambda (one)
                (and (memq (flymake-diagnostic-type one) '(eglot-error lsp-error :error))
                     (string-match-p text (flymake-diagnostic-text one))))
              (flymake-diagnostics)))

(defun steps-line (name)
  "The number of a line in the environment's NAME."
  (string-to-number (getenv name)))

(defun steps-type-line (line text)
  "Replace LINE by TEXT."
  (goto-char (point-min))
  (forward-line (1- line))
  (delete-region (line-beginning-position) (line-end-position))
  (insert text))

(defun steps-save ()
  "Save the buffer."
  (let ((inhibit-message t))
    (save-buffer)))

(defun steps-save-line (line text)
  "Replace LINE by TEXT and save."
  (steps-type-line line text)
  (steps-save))

(defun steps-shown (event error)
  "Report as EVENT where Emacs shows ERROR."
  (goto-char (flymake-diagnostic-beg error))
  (steps-report event :line (line-number-at-pos)
                :column (1+ (- (point) (line-beginning-position)))
                :message (flymake-diagnostic-text error)))

(defun steps-mode-line (text)
  "Wait until the mode line has TEXT."
  (steps-wait (concat "the mode line with " text)
              (lambda () (string-match-p text (liveline-mode-line)))))

(defun steps-with-eglot ()
  "Open the file with eglot."
  (require 'liveline-eglot)
  (liveline-eglot-setup)
  (setq eglot-sync-connect t
        eglot-connect-timeout steps-deadline)
  (find-file (getenv "FILE"))
  (cl-assert (equal (liveline-mode-line) ""))
  (rust-mode)
  (apply #'eglot (eglot--guess-contact)))

(defun steps-with-lsp-mode (&rest others)
  "Open the file with lsp-mode, and with the clients OTHERS beside Liveline."
  (require 'liveline-lsp-mode)
  (load "lsp-mode-autoloads" nil t)
  (require 'lsp-diagnostics)
  (liveline-lsp-mode-setup)
  (setq lsp-session-file (expand-file-name "session" (getenv "HOME"))
        lsp-diagnostics-provider :flymake
        lsp-enabled-clients (cons 'liveline others)
        lsp-auto-guess-root nil
        lsp-warn-no-matched-clients nil)
  (lsp-workspace-folders-add (getenv "ROOT"))
  (find-file (getenv "FILE"))
  (cl-assert (equal (liveline-mode-line) ""))
  (rust-mode)
  (lsp))

(setq-default create-lockfiles nil
              make-backup-files nil)
(setq liveline-command (list (getenv "SERVER") "lsp")
      liveline-diagnostics (or (getenv "DIAGNOSTICS") "errors"))

(provide 'steps)
;;; steps.el ends here
