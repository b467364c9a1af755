variable "session_password_version" {
  description = "Raise by one to rotate the passwords of the cache session and their secrets together."
  type        = number
  default     = 1
}

variable "rollout" {
  description = "Raise by one to replace every task and every machine, one after the other: for changed secrets, or a newer operating system."
  type        = number
  default     = 1
}

variable "cluster_admins" {
  description = "ARNs of the IAM roles and users that administer the Kubernetes cluster, beside whoever applied first."
  type        = set(string)
  default     = []
}
