;;; liveline-eglot.el --- Liveline with eglot  -*- lexical-binding: t; byte-compile-docstring-max-column: 118 -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1") (eglot "1.9"))
;; Keywords: languages, tools

;;; Commentary:
;;   (require 'liveline-eglot)
;;   (liveline-eglot-setup)
;;   (add-hook 'rust-mode-hook #'eglot-ensure)
;;
;; eglot has one server for a buffer.  `liveline-eglot-switch' changes a project between Liveline and
;; rust-analyzer; `liveline-eglot-server' says which one a project starts with.

;;; Code:

(require 'eglot)
(require 'liveline)

(defcustom liveline-eglot-server 'liveline
  "The server that Rust buffers get: `liveline' or `rust-analyzer'."
  :group 'liveline
  :type '(choice (const liveline) (const rust-analyzer)))

(defcustom liveline-eglot-rust-analyzer '("rust-analyzer")
  "The other server: what `eglot-server-programs' would say."
  :group 'liveline
  :type 'sexp)

(defclass liveline-eglot-lsp-server (eglot-lsp-server)
  ((faults :initform (make-hash-table :test 'equal)
           :documentation "By URI, how many failures of running scripts stand there."))
  :documentation "A server that runs Liveline.")

(cl-defmethod eglot-initialization-options ((_server liveline-eglot-lsp-server))
  "The options."
  (liveline-settings))

(cl-defmethod eglot-handle-request
  ((_server liveline-eglot-lsp-server) (_method (eql workspace/configuration)) &key items)
  "The options, for the ITEMS that ask for them."
  (cl-map 'vector (lambda (item) (and (equal (plist-get item :section) "liveline") (liveline-settings))) items))

(cl-defmethod eglot-handle-notification
  ((server liveline-eglot-lsp-server) (_method (eql liveline/status)) &rest status)
  "Keep STATUS of SERVER."
  (liveline-hear server status))

(cl-defmethod eglot-handle-notification :after
  ((server liveline-eglot-lsp-server) (_method (eql textDocument/publishDiagnostics)) &key uri diagnostics
   &allow-other-keys)
  "Count the faults among the DIAGNOSTICS at URI."
  (puthash uri (cl-count-if (lambda (diagnostic)
                              (liveline-fault-p (plist-get diagnostic :source) (plist-get diagnostic :severity)))
                            diagnostics)
           (slot-value server 'faults))
  (force-mode-line-update t))

(defun liveline-eglot--log (server)
  "The buffer with what SERVER logged."
  (get-buffer-create (format "*liveline log: %s*" (eglot-project-nickname server))))

(cl-defmethod eglot-handle-notification
  ((server liveline-eglot-lsp-server) (_method (eql window/logMessage)) &key message &allow-other-keys)
  "Keep MESSAGE, which SERVER logged."
  (with-current-buffer (liveline-eglot--log server)
    (save-excursion
      (goto-char (point-max))
      (insert message "\n")
      (when (> (buffer-size) 200000)
        (delete-region (point-min) (- (point-max) 100000))))))

(defun liveline-eglot--server ()
  "Liveline's server of the current buffer."
  (let ((server (eglot-current-server)))
    (and server (cl-typep server 'liveline-eglot-lsp-server) server)))

(defun liveline-eglot--servers ()
  "All of Liveline's servers."
  (cl-loop for servers being the hash-values of eglot--servers-by-project
           append (cl-remove-if-not (lambda (server) (cl-typep server 'liveline-eglot-lsp-server)) servers)))

(defun liveline-eglot--request (server method params)
  "Ask SERVER METHOD with PARAMS."
  (liveline-await
   (lambda (answer fail)
     (jsonrpc-async-request server (intern (concat ":" method)) params
                            :success-fn answer
                            :error-fn (lambda (failure) (funcall fail (plist-get failure :message)))))))

(defun liveline-eglot--contact (&rest _)
  "What to start."
  (pcase liveline-eglot-server
    ('liveline (cons 'liveline-eglot-lsp-server liveline-command))
    (_ liveline-eglot-rust-analyzer)))

(defun liveline-eglot--project (folder)
  "The cargo workspace that FOLDER is in, when eglot asks, and it is a Rust buffer's."
  (when (and (bound-and-true-p eglot-lsp-context)
             (derived-mode-p 'rust-mode 'rust-ts-mode))
    (let ((root (liveline-workspace-root folder)))
      (and root (cons 'transient root)))))

(defun liveline-eglot-switch ()
  "Give this project's Rust buffers the other server: Liveline or rust-analyzer."
  (interactive)
  (let ((server (eglot-current-server)))
    (setq liveline-eglot-server
          (if (if server (liveline-eglot--server) (eq liveline-eglot-server 'liveline)) 'rust-analyzer 'liveline))
    (when server
      (eglot-shutdown server)))
  (apply #'eglot (eglot--guess-contact))
  (message "Rust buffers have %s now" liveline-eglot-server))

;;;###autoload
(defun liveline-eglot-setup ()
  "Have eglot start Liveline for Rust, one server for a cargo workspace, and say in the mode line what is live."
  (add-to-list 'eglot-server-programs '((rust-mode rust-ts-mode) . liveline-eglot--contact))
  (add-hook 'project-find-functions #'liveline-eglot--project)
  (liveline-show-in-mode-line)
  (cl-pushnew (make-liveline-client
               :server #'liveline-eglot--server
               :servers #'liveline-eglot--servers
               :request #'liveline-eglot--request
               :notify (lambda (server method params) (jsonrpc-notify server (intern (concat ":" method)) params))
               :faults (lambda (server)
                         (apply #'+ (hash-table-values (slot-value server 'faults))))
               :log #'liveline-eglot--log)
              liveline-clients :key #'liveline-client-server))

(provide 'liveline-eglot)
;;; liveline-eglot.el ends here
