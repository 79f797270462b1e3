;;; beside.el --- Liveline and rust-analyzer on one script  -*- lexical-binding: t -*-

;;; Commentary:
;; In lsp-mode both are in one buffer; MODE says who shows errors, with what README.md says for that: `liveline',
;; `rust-analyzer', where both do at first, as for a user who sets nothing, or `off', where Liveline is alone and leaves
;; them to whoever may come.  In eglot one takes the other's place.

;;; Code:

(require 'steps)

(defvar beside-mode (getenv "MODE"))
(defvar beside-seen nil
  "The sources of all errors that stood at the line since they were last forgotten.")

(defun beside-shows-p (mode)
  "Whether MODE shows errors."
  (equal beside-mode mode))

;;;; lsp-mode

(defun beside-sources ()
  "The sources of what stands at the line as an error now, but for what running scripts failed with."
  (cl-loop for diagnostic in (gethash (lsp--fix-path-casing buffer-file-name) (lsp-diagnostics t))
           for source = (lsp:diagnostic-source? diagnostic)
           when (and (eql (lsp:diagnostic-severity? diagnostic) 1)
                     (not (equal source "liveline run"))
                     (eql (1+ (lsp-get (lsp-get (lsp-get diagnostic :range) :start) :line)) (steps-line "LINE")))
           collect source))

(defun beside-look ()
  "Keep what is seen."
  (with-current-buffer (get-file-buffer (getenv "FILE"))
    (setq beside-seen (cl-union beside-seen (beside-sources) :test #'equal))))

(defun beside-ask (method)
  "What each server answers to METHOD at point, by its name; nil of one that cannot be asked."
  (cl-loop for workspace in (lsp-workspaces)
           collect (cons (lsp--client-server-id (lsp--workspace-client workspace))
                         (with-lsp-workspace workspace
                           (condition-case nil
                               (lsp-request method (lsp--text-document-position-params))
                             (error nil))))))

(defun beside-go-to (line text)
  "Put point behind the first TEXT in LINE."
  (goto-char (point-min))
  (forward-line (1- line))
  (search-forward text (line-end-position)))

(defun beside-help ()
  "Completion and hover."
  (let ((line (steps-line "PANIC_LINE")) hover whole completions)
    (beside-go-to line "self.clo")
    (steps-wait "a hover of rust-analyzer"
                (lambda () (alist-get 'rust-analyzer (setq hover (beside-ask "textDocument/hover")))))
    (setq whole (buffer-substring-no-properties (line-beginning-position) (line-end-position)))
    (steps-type-line line (concat whole " self."))
    (steps-wait "completions of rust-analyzer"
                (lambda () (alist-get 'rust-analyzer
                                      (setq completions (beside-ask "textDocument/completion")))))
    (steps-type-line line whole)
    (steps-report "help" :hover_of_liveline (alist-get 'liveline hover)
                  :said [] :encodings (list :both "characters") :completion (list :of_liveline (alist-get 'liveline completions)))))

(defun beside-actions ()
  "What Liveline offers for the line."
  (beside-go-to (steps-line "LINE") "Color::hex")
  (cl-loop for action across (vconcat (lsp-request "textDocument/codeAction" (lsp--text-document-code-action-params)))
           collect (list :of (if (string-match-p "similar name" (lsp:code-action-title action)) "liveline" "")
                         :title (lsp:code-action-title action))))

(defun beside-leave-errors-to-rust-analyzer ()
  "Without any settings both show it; then Liveline is told not to."
  (steps-report "twice" :sources
                (vconcat (steps-wait "the error twice"
                                     (lambda ()
                                       (let ((now (beside-sources)))
                                         (and (member "liveline" now) (cdr now) now))))))
  (setq liveline-diagnostics "off")
  (liveline-apply-settings)
  (steps-wait "the error of rust-analyzer alone" (lambda () (not (member "liveline" (beside-sources)))))
  (setq beside-seen nil))

(defun beside-break ()
  "An error is typed, then saved."
  (steps-type-line (steps-line "LINE") (getenv "BROKEN"))
  (when (beside-shows-p "liveline")
    (steps-wait "the error before the save" #'beside-sources))
  (steps-save)
  (steps-mode-line "^error")
  (when (beside-shows-p "rust-analyzer")
    (beside-leave-errors-to-rust-analyzer))
  (steps-report "error" :sources (vconcat (beside-sources))))

(defun beside-mend ()
  "It is mended, by way of another one for which there is a quick fix."
  (let (actions (before (or (steps-live) 0)))
    (when (beside-shows-p "liveline")
      (steps-save-line (steps-line "LINE") (getenv "MISTYPED"))
      (setq actions (steps-wait "a quick fix"
                                (lambda () (cl-remove "" (beside-actions) :test #'equal
                                                      :key (lambda (action) (plist-get action :of)))))))
    (steps-save-line (steps-line "LINE") (getenv "MENDED"))
    (let ((after (steps-wait "the mended script" (steps-live-where (lambda (generation) (> generation before))))))
      ;; In lsp-mode 8.0 rust-analyzer's own, of its check of the save before, sometimes stays until the next save.
      (steps-wait "no error" (lambda () (if (beside-shows-p "rust-analyzer")
                                            (not (member "liveline" (beside-sources)))
                                          (not (beside-sources)))))
      (steps-report "mended" :generation after :actions (vconcat actions)))))

(defun beside-panic ()
  "A running script fails."
  (steps-save-line (steps-line "PANIC_LINE") (getenv "PANICS"))
  (steps-shown "fault" (steps-wait "the panic" (lambda () (steps-first "the enemies stumble"))))
  (steps-save-line (steps-line "PANIC_LINE") (getenv "WHOLE"))
  (steps-wait "no fault" (lambda () (not (steps-first "the enemies stumble")))))

(defun beside-in-one-buffer ()
  "The round of lsp-mode."
  (when (beside-shows-p "liveline")
    (setq lsp-rust-analyzer-cargo-watch-enable nil
          lsp-rust-analyzer-diagnostics-enable nil))
  (setq lsp-rust-analyzer-proc-macro-enable t)
  (with-eval-after-load 'lsp-rust
    (liveline-lsp-mode-fix-columns 'rust-analyzer))
  (apply #'steps-with-lsp-mode (unless (beside-shows-p "off") '(rust-analyzer)))
  (flymake-mode 1)
  (add-hook 'lsp-diagnostics-updated-hook #'beside-look)
  (steps-wait "a live game" #'steps-live)
  (unless (beside-shows-p "off")
    (steps-wait "two servers" (lambda () (cdr (lsp-workspaces)))))
  (when (beside-shows-p "liveline")
    (beside-help))
  (beside-break)
  (beside-mend)
  (beside-panic)
  (steps-report "seen" :sources (vconcat beside-seen)))

;;;; eglot

(defun beside-one-for-the-other ()
  "The round of eglot."
  (steps-with-eglot)
  (flymake-mode 1)
  (steps-wait "a live game" #'steps-live)
  (steps-save-line (steps-line "LINE") (getenv "BROKEN"))
  (steps-shown "liveline" (steps-wait "the error" (lambda () (steps-first "mismatched types"))))
  (liveline-eglot-switch)
  (steps-wait "no word of Liveline" (lambda () (equal (liveline-mode-line) "")))
  (steps-shown "rust-analyzer" (steps-wait "rust-analyzer's error" (lambda () (steps-first "expected u32\\|mismatched types"))))
  (liveline-eglot-switch)
  (steps-wait "the error again" (lambda () (steps-first "mismatched types")))
  (steps-mode-line "^error")
  (steps-report "back"))

(condition-case why
    (pcase (getenv "CLIENT")
      ("eglot" (beside-one-for-the-other))
      ("lsp-mode" (beside-in-one-buffer)))
  (error (steps-report "failed" :why (format "%S" why)) (kill-emacs 1)))
(kill-emacs 0)

;;; beside.el ends here
