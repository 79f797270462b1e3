;;; liveline.el --- Rust scripts that are live in a running game  -*- lexical-binding: t; byte-compile-docstring-max-column: 118 -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages, tools

;;; Commentary:
;; What `liveline-eglot.el' and `liveline-lsp-mode.el' share: the options, the words in the mode line and the
;; commands.  Load one of those two.

;;; Code:

(require 'cl-lib)
(require 'subr-x)

(defgroup liveline nil
  "Rust scripts that are live in a running game."
  :group 'tools)

(defcustom liveline-command '("liveline" "lsp")
  "The server: a program and its arguments."
  :type '(repeat string))

(defcustom liveline-diagnostics "all"
  "What of a build's messages stands at the lines.
\"errors\" is for use beside a rust-analyzer that checks on save; \"off\" leaves what running scripts failed with."
  :type '(choice (const "all") (const "errors") (const "off")))

(defcustom liveline-build-speculate 'project
  "Whether unsaved text is built when typing pauses; `project' leaves it to `liveline.toml'."
  :type '(choice (const :tag "As liveline.toml says" project) (const t) (const nil)))

(defcustom liveline-build-apply 'project
  "When new code goes live: \"save\" or \"pause\"; `project' leaves it to `liveline.toml'."
  :type '(choice (const :tag "As liveline.toml says" project) (const "save") (const "pause")))

(defcustom liveline-engine-loader 'project
  "What the game loads: \"object\" or \"dylib\"; `project' leaves it to `liveline.toml'."
  :type '(choice (const :tag "As liveline.toml says" project) (const "object") (const "dylib")))

(defun liveline-settings ()
  "The options as the server wants them; nil is encoded as null."
  (cl-flet ((word (value) (if (eq value 'project) nil value)))
    (list :diagnostics liveline-diagnostics
          :build (list :speculate (pcase liveline-build-speculate ('project nil) ('nil :json-false) (_ t))
                       :apply (word liveline-build-apply))
          :engine (list :loader (word liveline-engine-loader)))))

;;;; Words

(defun liveline--milliseconds (micros)
  "MICROS as text."
  (format "%d ms" (round micros 1000)))

(defun liveline--each (plist key)
  "The list that stands in PLIST at KEY as a vector or a list."
  (append (plist-get plist key) nil))

(defun liveline--true-p (value)
  "Whether VALUE is JSON's true."
  (and value (not (memq value '(:json-false :false)))))

(defun liveline--find (libraries key value)
  "The first of LIBRARIES whose KEY is VALUE."
  (cl-find value libraries :test #'equal :key (lambda (library) (plist-get library key))))

(defun liveline--words-of-library (library)
  "What is worth saying of LIBRARY at a glance."
  (let ((undone (plist-get library :undone)) (reload (plist-get library :lastReload)))
    (string-join
     (delq nil (list (if (equal (plist-get library :state) "live") "live" "waiting")
                     (format "%s %d" (plist-get library :library) (or undone (plist-get library :generation)))
                     (cond (undone "undone") ((liveline--true-p (plist-get library :unsaved)) "unsaved"))
                     (and reload (liveline--milliseconds (plist-get reload :saveToLiveMicros)))))
     " · ")))

(defun liveline--shown (libraries)
  "Of LIBRARIES the one that something happened to last, else the one with the highest generation."
  (cl-flet ((moment (library) (list (or (plist-get library :movedAtUnixMicros) 0) (plist-get library :generation))))
    (cl-reduce (lambda (one other)
                 (pcase-let ((`(,moved ,generation) (moment one)) (`(,later ,higher) (moment other)))
                   (if (or (> later moved) (and (= later moved) (> higher generation))) other one)))
               libraries)))

(defun liveline-words (status faults)
  "One line for STATUS: the worst or busiest state is what matters at a glance.
FAULTS is how many failures of running scripts are shown."
  (let* ((libraries (liveline--each status :libraries))
         (failed (liveline--find libraries :state "failed"))
         (words (cond (failed (concat "error · " (plist-get failed :library)))
                      ((liveline--find libraries :state "building") "building")
                      ((null libraries) "no scripts")
                      ((null (liveline--each status :engines)) "no engine")
                      (t (liveline--words-of-library (liveline--shown libraries))))))
    (if (> faults 0)
        (format "%s · %d %s" words faults (if (= faults 1) "fault" "faults"))
      words)))

(defun liveline--library-line (library)
  "All that STATUS says of LIBRARY."
  (let ((undone (plist-get library :undone)) (reload (plist-get library :lastReload)))
    (concat
     (format "%s: %s, generation %d" (plist-get library :library) (plist-get library :state)
             (plist-get library :generation))
     (and undone (format ", gone back to generation %d" undone))
     (and reload
          (format ", live %s after the save (%s)" (liveline--milliseconds (plist-get reload :saveToLiveMicros))
                  (if (liveline--true-p (plist-get reload :speculated))
                      "built before the save"
                    (concat "built in " (liveline--milliseconds (plist-get reload :buildMicros)))))))))

(defun liveline--engine-lines (engine)
  "All that is said of ENGINE."
  (let ((name (plist-get engine :name)))
    (cons (format "%s (process %d) is attached" name (plist-get engine :pid))
          (cl-loop for (library refused) on (plist-get engine :refused) by #'cddr
                   collect (format "%s %s generation %d of %s: %s" name
                                   (if (equal (plist-get refused :outcome) "restored") "took back" "does not run")
                                   (plist-get refused :generation) (substring (symbol-name library) 1)
                                   (plist-get refused :reason))))))

(defun liveline-details (status)
  "All of STATUS, a list of lines."
  (let ((libraries (liveline--each status :libraries)) (engines (liveline--each status :engines)))
    (append (mapcar #'liveline--library-line libraries)
            (unless libraries '("No package of this workspace is a script library."))
            (cl-mapcan #'liveline--engine-lines engines)
            (unless engines '("No engine is attached: start the game.")))))

(defun liveline-fault-p (source severity)
  "Whether a diagnostic of SOURCE and SEVERITY is what a running script failed with.
Of the same source, what is no error tells which generation runs."
  (and (equal source "liveline run") (eql severity 1)))

;;;; Servers

(cl-defstruct liveline-client
  "How one language client of Emacs is talked to; SERVER stands for whatever it calls a server."
  (server nil :documentation "Without arguments: the server of the current buffer, or nil.")
  (request nil :documentation "Of a server, a method's name and params, a plist: the answer, a plist.")
  (notify nil :documentation "Likewise, without an answer.")
  (faults nil :documentation "Of a server: how many failures of running scripts are shown.")
  (servers nil :documentation "Without arguments: all servers.")
  (log nil :documentation "Of a server: the buffer with its log."))

(defvar liveline-clients nil
  "The language clients that are loaded.")

(defvar liveline--heard (make-hash-table :test 'eq :weakness 'key)
  "By server, the status that it said last.")

(defun liveline-hear (server status)
  "Keep STATUS, a plist, as what SERVER said last."
  (puthash server status liveline--heard)
  (force-mode-line-update t))

(defun liveline-await (start)
  "Call START with two functions, for an answer and for an error's message; give the answer or signal the error.
The clients' own ways to wait leave their process filter by a `throw', and with it what the server said in the same
breath."
  (let ((end (+ (float-time) 30)) outcome)
    (funcall start
             (lambda (answer) (setq outcome (list t answer)))
             (lambda (message) (setq outcome (list nil message))))
    (while (and (not outcome) (< (float-time) end))
      (accept-process-output nil 0.05))
    (pcase outcome
      (`(t ,answer) answer)
      (`(nil ,message) (user-error "Liveline: %s" message))
      (_ (user-error "Liveline: the server does not answer; `liveline-show-log' may say why")))))

(defun liveline--current ()
  "The client and the server of the current buffer, or nil."
  (cl-loop for client in liveline-clients
           for server = (funcall (liveline-client-server client))
           when server return (cons client server)))

(defun liveline-status ()
  "What the server of the current buffer said last, a plist."
  (gethash (cdr (liveline--current)) liveline--heard))

(defun liveline-mode-line ()
  "What the mode line says in the current buffer; empty where no server runs."
  (pcase (liveline--current)
    ('nil "")
    (`(,client . ,server)
     (pcase (gethash server liveline--heard)
       ('nil "starting")
       (status (liveline-words status (funcall (liveline-client-faults client) server)))))))

(defvar liveline-mode-line-format
  '(:eval (let ((words (liveline-mode-line)))
            (if (string-empty-p words) "" (concat " [" (string-replace "%" "%%" words) "] "))))
  "What stands in `mode-line-misc-info'.")
(put 'liveline-mode-line-format 'risky-local-variable t)

(defun liveline-show-in-mode-line ()
  "Say in the mode line what is live."
  (add-to-list 'mode-line-misc-info 'liveline-mode-line-format))

;;;; Commands

(defun liveline--ask (method params)
  "Ask the current server METHOD with PARAMS."
  (pcase (liveline--current)
    ('nil (user-error "Liveline: no server runs here; open a Rust file of a cargo workspace and start one"))
    (`(,client . ,server) (funcall (liveline-client-request client) server method params))))

(defun liveline--execute (command &rest argument)
  "Have the server execute COMMAND with ARGUMENT, a plist whose nil values are left out."
  (let ((fields (cl-loop for (key value) on argument by #'cddr when value append (list key value))))
    (liveline--ask "workspace/executeCommand"
                   (list :command (concat "liveline." command) :arguments (if fields (vector fields) [])))))

(defun liveline--read-library ()
  "Ask for a library, with a prefix argument."
  (when current-prefix-arg
    (completing-read "Library: " (mapcar (lambda (library) (plist-get library :library))
                                         (liveline--each (liveline-status) :libraries)))))

(defun liveline-build (&optional library)
  "Build the scripts now, or with a prefix argument one LIBRARY."
  (interactive (list (liveline--read-library)))
  (liveline--execute "build" :library library))

(defun liveline-reload (&optional library)
  "Load the current generation again, or with a prefix argument that of one LIBRARY."
  (interactive (list (liveline--read-library)))
  (liveline--execute "reload" :library library))

(defun liveline-undo (&optional generation library)
  "Run the generation before of what changed last; with a prefix argument GENERATION, that one.
LIBRARY, from Lisp, says of which library."
  (interactive (list (and current-prefix-arg (prefix-numeric-value current-prefix-arg))))
  (liveline--execute "undo" :library library :generation generation))

(defun liveline-redo (&optional library)
  "Run the next generation again, or with a prefix argument that of one LIBRARY."
  (interactive (list (liveline--read-library)))
  (liveline--execute "redo" :library library))

(defun liveline-test (&optional library)
  "Run the scripts' tests, or with a prefix argument those of one LIBRARY."
  (interactive (list (liveline--read-library)))
  (liveline--execute "test" :library library))

(defun liveline-reset-state (&optional library)
  "Start the scripts' state anew, or with a prefix argument that of one LIBRARY."
  (interactive (list (liveline--read-library)))
  (liveline--execute "resetState" :library library))

(defun liveline-clear-faults (&optional library)
  "Clear what running scripts failed with, or with a prefix argument those of one LIBRARY."
  (interactive (list (liveline--read-library)))
  (liveline--execute "clearFaults" :library library))

(defun liveline-restart-engine ()
  "Restart the game that `liveline run' started."
  (interactive)
  (liveline--execute "restartEngine"))

(defun liveline-show-status ()
  "Say what is built, live and attached."
  (interactive)
  (message "%s" (string-join (liveline-details (liveline--ask "liveline/status" nil)) "\n")))

(defun liveline-show-log ()
  "Show what the server logged."
  (interactive)
  (pcase (liveline--current)
    ('nil (user-error "Liveline: no server runs here"))
    (`(,client . ,server) (pop-to-buffer (funcall (liveline-client-log client) server)))))

(defun liveline-apply-settings ()
  "Tell all servers the options as they are now."
  (interactive)
  (dolist (client liveline-clients)
    (dolist (server (funcall (liveline-client-servers client)))
      (funcall (liveline-client-notify client) server "workspace/didChangeConfiguration"
               (list :settings (list :liveline (liveline-settings)))))))

;;;; Workspaces

(defun liveline-workspace-root (file)
  "The folder of the nearest manifest above FILE with a `[workspace]', else of the nearest manifest."
  (let ((nearest (locate-dominating-file file "Cargo.toml")))
    (or (locate-dominating-file
         file (lambda (folder)
                (let ((manifest (expand-file-name "Cargo.toml" folder)))
                  (and (file-readable-p manifest)
                       (with-temp-buffer
                         (insert-file-contents manifest)
                         (re-search-forward "^[ \t]*\\[workspace[].]" nil t))))))
        nearest)))

(provide 'liveline)
;;; liveline.el ends here
