variable "ledger_password_version" {
  description = "Raise by one to rotate the password of the database ledger and its secret together."
  type        = number
  default     = 1
}

variable "main_password_version" {
  description = "Raise by one to rotate the password of the database main and its secret together."
  type        = number
  default     = 1
}

variable "ledger_shard_password_version" {
  description = "Raise by one to rotate the passwords of all shards of ledger and their secrets together."
  type        = number
  default     = 1
}

variable "main_shard_password_version" {
  description = "Raise by one to rotate the passwords of all shards of main and their secrets together."
  type        = number
  default     = 1
}

variable "main_proxy_password_version" {
  description = "Raise by one to rotate the password with which services log in to the proxy of main."
  type        = number
  default     = 1
}

variable "rollout" {
  description = "Raise by one to replace every machine, one after the other: for a newer operating system, or changed secrets."
  type        = number
  default     = 1
}
