;;; words.el --- Says `status-words.json' in Liveline's words  -*- lexical-binding: t -*-

;;; Commentary:
;; Prints what is said of each case: JSON, one a line.

;;; Code:

(require 'json)
(require 'liveline)

(dolist (case (append (with-temp-buffer
                        (insert-file-contents (getenv "CASES"))
                        (json-parse-buffer :object-type 'plist :null-object nil :false-object :json-false))
                      nil))
  (let ((status (plist-get case :status)))
    (princ (concat (json-encode
                    (list :about (plist-get case :about)
                          :words (liveline-words status (or (plist-get case :faults) 0))
                          :details (vconcat (liveline-details status))))
                   "\n"))))

;;; words.el ends here
