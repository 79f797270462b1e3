// The negative control: a suite that fails must be seen to fail.
exports.run = () => Promise.reject(new Error("this suite fails on purpose"));
