;;; round.el --- Does with a script what a person would  -*- lexical-binding: t -*-

;;; Commentary:
;; In Emacs with Liveline's files and the language client that CLIENT names, and reports what Emacs shows: JSON, one
;; a line; `line' and `column' are 1-based and count characters.

;;; Code:

(require 'cl-lib)
(require 'json)
(require 'rust-mode)
(require 'flymake)

(defconst round-deadline 100)
(defconst round-library (getenv "LIBRARY"))

(defun round-report (event &rest fields)
  "Print EVENT with FIELDS, a property list, and what the mode line says."
  (princ (concat (json-encode (append (list :event event :words (liveline-mode-line)) fields)) "\n")))

(defun round-wait (what found)
  "Wait until FOUND gives something and return it; WHAT names it if it does not come."
  (let ((end (+ (float-time) round-deadline)) value)
    (while (and (not (setq value (funcall found))) (< (float-time) end))
      (accept-process-output nil 0.02))
    (unless value
      (round-report "gave up" :why what :status (format "%S" (liveline-status))
                    :messages (with-current-buffer "*Messages*" (buffer-string)))
      (kill-emacs 1))
    value))

(defun round-live ()
  "The generation that an attached engine runs, once it is what engines are to run."
  (let ((name (intern (concat ":" round-library))))
    (cl-loop for library across (or (plist-get (liveline-status) :libraries) [])
             for generation = (or (plist-get library :undone) (plist-get library :generation))
             when (and (equal (plist-get library :library) round-library)
                       (equal (plist-get library :state) "live")
                       (cl-some (lambda (engine)
                                  (eql generation (plist-get (plist-get engine :libraries) name)))
                                (plist-get (liveline-status) :engines)))
             return generation)))

(defun round-live-where (fits)
  "The live generation, when FITS says so of it."
  (lambda ()
    (let ((generation (round-live)))
      (and generation (funcall fits generation) generation))))

(defun round-first (text)
  "The first error whose message has TEXT, of what flymake shows."
  (flymake-start)
  (cl-find-if (lambda (one)
                (and (memq (flymake-diagnostic-type one) '(eglot-error lsp-error :error))
                     (string-match-p text (flymake-diagnostic-text one))))
              (flymake-diagnostics)))

(defun round-line (name)
  "The number of a line in the environment's NAME."
  (string-to-number (getenv name)))

(defun round-save-line (line text)
  "Replace LINE by TEXT and save."
  (goto-char (point-min))
  (forward-line (1- line))
  (delete-region (line-beginning-position) (line-end-position))
  (insert text)
  (let ((inhibit-message t))
    (save-buffer)))

(defun round-shown (event error)
  "Report as EVENT where Emacs shows ERROR."
  (goto-char (flymake-diagnostic-beg error))
  (round-report event :line (line-number-at-pos)
                :column (1+ (- (point) (line-beginning-position)))
                :message (flymake-diagnostic-text error)))

(defun round-mode-line (text)
  "Wait until the mode line has TEXT."
  (round-wait (concat "the mode line with " text)
              (lambda () (string-match-p text (liveline-mode-line)))))

(defun round-break-and-mend ()
  "Give the generation that runs then."
  (let ((before (round-wait "a live game" #'round-live)) after)
    (round-mode-line "^live")
    (round-report "live" :generation before)
    (round-save-line (round-line "LINE") (getenv "BROKEN"))
    (round-mode-line "^error")
    (round-shown "error" (round-wait "the error" (lambda () (round-first "mismatched types"))))
    (round-save-line (round-line "LINE") (getenv "MENDED"))
    (round-wait "no error" (lambda () (not (round-first ""))))
    (setq after (round-wait "the mended script" (round-live-where (lambda (generation) (> generation before)))))
    (round-mode-line "^live")
    (round-report "mended" :generation after)
    after))

(defun round-go-back-and-forth (newest)
  "From NEWEST back, and again."
  (liveline-undo)
  (let ((undone (round-wait "the generation before"
                            (round-live-where (lambda (generation) (< generation newest)))))
        (is-newest (lambda (generation) (eql generation newest))))
    (round-mode-line "^live .* undone")
    (round-report "undone" :generation undone)
    (liveline-redo round-library)
    (round-wait "the newest again" (round-live-where is-newest))
    (liveline-undo undone round-library)
    (round-wait "the generation that was asked for"
                (round-live-where (lambda (generation) (eql generation undone))))
    (liveline-redo)
    (round-report "redone" :generation (round-wait "the newest once more" (round-live-where is-newest)))))

(defun round-panic-and-mend ()
  "Let the script panic, and mend it."
  (round-save-line (round-line "PANIC_LINE") (getenv "PANICS"))
  (let ((fault (round-wait "the panic" (lambda () (round-first "the enemies stumble")))))
    (round-mode-line "1 fault$")
    (round-shown "fault" fault))
  (round-save-line (round-line "PANIC_LINE") (getenv "WHOLE"))
  (round-wait "no fault" (lambda () (not (or (round-first "") (string-match-p "fault" (liveline-mode-line))))))
  (round-report "whole"))

(defun round-look-around ()
  "What else there is to be seen."
  (let ((said (liveline-show-status)))
    (cl-assert (string-match-p (concat "^" round-library ": [a-z]+, generation [0-9]+") said) nil said))
  (cl-assert (condition-case refused
                 (progn (liveline-undo nil "nonsense") nil)
               (error (string-match-p "nonsense" (error-message-string refused)))))
  (save-window-excursion
    (liveline-show-log)
    (cl-assert (string-match-p "attached" (buffer-string)) nil (buffer-string))))

(defun round-with-eglot ()
  "Open the file with eglot."
  (require 'liveline-eglot)
  (liveline-eglot-setup)
  (setq eglot-sync-connect t
        eglot-connect-timeout round-deadline)
  (find-file (getenv "FILE"))
  (cl-assert (equal (liveline-mode-line) ""))
  (rust-mode)
  (apply #'eglot (eglot--guess-contact)))

(defun round-with-lsp-mode ()
  "Open the file with lsp-mode."
  (require 'liveline-lsp-mode)
  (load "lsp-mode-autoloads" nil t)
  (require 'lsp-diagnostics)
  (liveline-lsp-mode-setup)
  (setq lsp-session-file (expand-file-name "session" (getenv "HOME"))
        lsp-diagnostics-provider :flymake
        lsp-enabled-clients '(liveline)
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
      liveline-diagnostics "errors")
(pcase (getenv "CLIENT")
  ("eglot" (round-with-eglot))
  ("lsp-mode" (round-with-lsp-mode)))
(flymake-mode 1)
(condition-case why
    (progn
      (round-go-back-and-forth (round-break-and-mend))
      (round-panic-and-mend)
      (round-look-around))
  (error (round-report "failed" :why (format "%S" why)) (kill-emacs 1)))
(kill-emacs 0)

;;; round.el ends here
