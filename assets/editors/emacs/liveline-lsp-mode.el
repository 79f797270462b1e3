;;; liveline-lsp-mode.el --- Liveline with lsp-mode, beside rust-analyzer  -*- lexical-binding: t; byte-compile-docstring-max-column: 118 -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1") (lsp-mode "8.0.0"))
;; Keywords: languages, tools

;;; Commentary:
;;   (require 'liveline-lsp-mode)
;;   (liveline-lsp-mode-setup)
;;   (add-hook 'rust-mode-hook #'lsp)
;;
;; Liveline is an add-on: it runs beside rust-analyzer in the same buffers.  With
;;   (setq lsp-rust-analyzer-cargo-watch-enable nil
;;         lsp-rust-analyzer-diagnostics-enable nil)
;; rust-analyzer leaves errors to Liveline; else say (setq liveline-diagnostics "off") before setup, and Liveline
;; only tells what running scripts failed with.  lsp-mode 8.0 should also be told
;;   (setq lsp-rust-analyzer-proc-macro-enable t)
;;   (with-eval-after-load 'lsp-rust (liveline-lsp-mode-fix-columns 'rust-analyzer))

;;; Code:

(require 'lsp-mode)
(require 'liveline)

(defun liveline-lsp-mode--plist (value)
  "VALUE as plists and vectors, whichever way lsp-mode reads JSON."
  (cond ((hash-table-p value)
         (cl-loop for key being the hash-keys of value using (hash-values inner)
                  append (list (intern (concat ":" (format "%s" key))) (liveline-lsp-mode--plist inner))))
        ((vectorp value) (cl-map 'vector #'liveline-lsp-mode--plist value))
        (t value)))

(defun liveline-lsp-mode--concerns-p (file _mode)
  "Whether Liveline has something to say of FILE."
  (and file
       (or (string-suffix-p ".rs" file) (equal (file-name-nondirectory file) "liveline.toml"))
       (liveline-workspace-root file)
       t))

(defun liveline-lsp-mode--own-p (workspace)
  "Whether WORKSPACE runs Liveline."
  (eq (lsp--client-server-id (lsp--workspace-client workspace)) 'liveline))

(defun liveline-lsp-mode--faults (_workspace)
  "How many failures of running scripts are shown."
  (cl-loop for diagnostics being the hash-values of (lsp-diagnostics)
           sum (cl-count-if (lambda (diagnostic)
                              (liveline-fault-p (lsp:diagnostic-source? diagnostic)
                                                (lsp:diagnostic-severity? diagnostic)))
                            diagnostics)))

(defun liveline-lsp-mode--request (workspace method params)
  "Ask WORKSPACE METHOD with PARAMS."
  (liveline-lsp-mode--plist
   (liveline-await
    (lambda (answer fail)
      (with-lsp-workspace workspace
        (lsp-request-async method params answer
                           :error-handler (lambda (failure) (funcall fail (lsp:json-error-message failure)))
                           :mode 'detached))))))

(defun liveline-lsp-mode--configuration (_workspace params)
  "The options, for the items in PARAMS that ask for them."
  (cl-map 'vector
          (lambda (item) (and (equal (lsp:configuration-item-section? item) "liveline") (liveline-settings)))
          (lsp:configuration-params-items params)))

(defconst liveline-lsp-mode--counts-characters '((general . ((positionEncodings . ["utf-32" "utf-16"]))))
  "What lsp-mode does, whatever the server counts; its later versions say so by themselves.")

(defun liveline-lsp-mode-fix-columns (id)
  "Tell the server of the client ID that lsp-mode counts characters.
Else its columns are wrong behind an emoji, and after a change to such a line so is its text of the file."
  (when-let ((client (gethash id lsp-clients)))
    (cl-pushnew (car liveline-lsp-mode--counts-characters) (lsp--client-custom-capabilities client) :test #'equal)))

;;;###autoload
(defun liveline-lsp-mode-setup ()
  "Have lsp-mode run Liveline beside its server for Rust, and say in the mode line what is live."
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection (lambda () liveline-command))
    :activation-fn #'liveline-lsp-mode--concerns-p
    :add-on? t
    :priority -2
    :server-id 'liveline
    :language-id (lambda (_buffer) "rust")
    :initialization-options #'liveline-settings
    :custom-capabilities liveline-lsp-mode--counts-characters
    :request-handlers (ht ("workspace/configuration" #'liveline-lsp-mode--configuration))
    :notification-handlers
    (ht ("liveline/status" (lambda (workspace status)
                             (liveline-hear workspace (liveline-lsp-mode--plist status)))))))
  (add-to-list 'lsp-language-id-configuration '("/liveline\\.toml\\'" . "toml"))
  (liveline-show-in-mode-line)
  (cl-pushnew (make-liveline-client
               :server (lambda () (cl-find-if #'liveline-lsp-mode--own-p (lsp-workspaces)))
               :servers (lambda () (cl-remove-if-not #'liveline-lsp-mode--own-p
                                                     (lsp--session-workspaces (lsp-session))))
               :request #'liveline-lsp-mode--request
               :notify (lambda (workspace method params)
                         (with-lsp-workspace workspace (lsp-notify method params)))
               :faults #'liveline-lsp-mode--faults
               :log (lambda (_workspace) (get-buffer-create "*lsp-log*")))
              liveline-clients :test #'equal :key (lambda (client) (liveline-client-faults client))))

(provide 'liveline-lsp-mode)
;;; liveline-lsp-mode.el ends here
