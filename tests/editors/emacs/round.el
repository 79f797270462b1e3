;;; round.el --- Does with a script what a person would  -*- lexical-binding: t -*-

;;; Commentary:
;; In Emacs with Liveline's files and the language client that CLIENT names, and reports what Emacs shows.

;;; Code:

(require 'steps)

(defun round-break-and-mend ()
  "Give the generation that runs then."
  (let ((before (steps-wait "a live game" #'steps-live)) after)
    (steps-mode-line "^live")
    (steps-report "live" :generation before)
    (steps-save-line (steps-line "LINE") (getenv "BROKEN"))
    (steps-mode-line "^error")
    (steps-shown "error" (steps-wait "the error" (lambda () (steps-first "mismatched types"))))
    (steps-save-line (steps-line "LINE") (getenv "MENDED"))
    (steps-wait "no error" (lambda () (not (steps-first ""))))
    (setq after (steps-wait "the mended script" (steps-live-where (lambda (generation) (> generation before)))))
    (steps-mode-line "^live")
    (steps-report "mended" :generation after)
    after))

(defun round-go-back-and-forth (newest)
  "From NEWEST back, and again."
  (liveline-undo)
  (let ((undone (steps-wait "the generation before"
                            (steps-live-where (lambda (generation) (< generation newest)))))
        (is-newest (lambda (generation) (eql generation newest))))
    (steps-mode-line "^live .* undone")
    (steps-report "undone" :generation undone)
    (liveline-redo steps-library)
    (steps-wait "the newest again" (steps-live-where is-newest))
    (liveline-undo undone steps-library)
    (steps-wait "the generation that was asked for"
                (steps-live-where (lambda (generation) (eql generation undone))))
    (liveline-redo)
    (steps-report "redone" :generation (steps-wait "the newest once more" (steps-live-where is-newest)))))

(defun round-panic-and-mend ()
  "Let the script panic, and mend it."
  (steps-save-line (steps-line "PANIC_LINE") (getenv "PANICS"))
  (let ((fault (steps-wait "the panic" (lambda () (steps-first "the enemies stumble")))))
    (steps-mode-line "1 fault$")
    (steps-shown "fault" fault))
  (steps-save-line (steps-line "PANIC_LINE") (getenv "WHOLE"))
  (steps-wait "no fault" (lambda () (not (or (steps-first "") (string-match-p "fault" (liveline-mode-line))))))
  (steps-report "whole"))

(defun round-look-around ()
  "What else there is to be seen."
  (let ((said (liveline-show-status)))
    (cl-assert (string-match-p (concat "^" steps-library ": [a-z]+, generation [0-9]+") said) nil said))
  (cl-assert (condition-case refused
                 (progn (liveline-undo nil "nonsense") nil)
               (error (string-match-p "nonsense" (error-message-string refused)))))
  (save-window-excursion
    (liveline-show-log)
    (cl-assert (string-match-p "attached" (buffer-string)) nil (buffer-string))))

(pcase (getenv "CLIENT")
  ("eglot" (steps-with-eglot))
  ("lsp-mode" (steps-with-lsp-mode)))
(flymake-mode 1)
(condition-case why
    (progn
      (round-go-back-and-forth (round-break-and-mend))
      (round-panic-and-mend)
      (round-look-around))
  (error (steps-report "failed" :why (format "%S" why)) (kill-emacs 1)))
(kill-emacs 0)

;;; round.el ends here
